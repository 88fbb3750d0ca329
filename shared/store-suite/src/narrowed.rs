//! Lists by who is asked, by domain and by address, and what narrows a list.

use store::{
    Asked, Committed::Applied, Filter, Listing, MOST_LOOKED_AT, Order, Person, Plan, Position, Request, Review,
    RouteName, Stage, State, StateName, Which,
};

use crate::{
    Place, eventually,
    sample::{approved, archive, asking, at, changed, commit, denied, email, first, next, next_round, pending},
    walk::{of, walk},
};

/// Anybody's, their groups' and their own, in one order; what waits for others is not among them.
pub async fn what_waits_for_somebody_is_one_list(place: &dyn Place) {
    let store = place.open().await;
    let all = [Asked::Anybody, group("hr"), group("it"), person("rita"), person("otto")];
    let mut expected = Vec::new();
    for n in 0..60 {
        let asked = &all[n % all.len()];
        let request = Request {
            opened_at: at(n as i64 * 7 % 31),
            ..asking(&n.to_string(), asked)
        };
        assert_eq!(store.commit(&commit([first(&request)])).await, Ok(Applied));
        if n % all.len() != 2 && n % all.len() != 4 {
            expected.push(request);
        }
    }
    expected.sort_unstable_by_key(Position::of);
    let mine = || {
        vec![
            Asked::Anybody,
            group("hr"),
            person("RITA"),
            group("hr"),
            group("nobody"),
        ]
    };
    for size in [100, 7, 1] {
        eventually("everything that waits for me, in order", || async {
            walk(&*store, &of(Which::Waiting(mine())), size).await == expected
        })
        .await;
    }
    expected.reverse();
    let newest_first = Listing {
        order: Order::NewestFirst,
        ..of(Which::Waiting(mine()))
    };
    assert_eq!(walk(&*store, &newest_first, 7).await, expected);
    assert_eq!(walk(&*store, &of(Which::Waiting(Vec::new())), 7).await, []);
}

/// The next stage, the next reviewers, somebody else: it waits for them and for nobody before. Decided, it waits for nobody.
pub async fn what_waits_follows_who_is_asked(place: &dyn Place) {
    let store = place.open().await;
    let stages = [Asked::Anybody, group("hr"), person("rita")];
    let mut review = Review::begin(plan(&stages), at(0));
    let mut jane = Request {
        state: State::Pending(Box::new(review.clone())),
        ..pending("jane")
    };
    assert_eq!(store.commit(&commit([first(&jane)])).await, Ok(Applied));
    let waits_for = async |expected: Option<&Asked>, jane: &Request| {
        for asked in [Asked::Anybody, group("hr"), person("rita"), group("escalated")] {
            let expected: Vec<_> = expected
                .filter(|who| **who == asked)
                .map(|_| jane.clone())
                .into_iter()
                .collect();
            let list = of(Which::Waiting(vec![asked]));
            eventually("it waits for who is asked", || async {
                walk(&*store, &list, 10).await == expected
            })
            .await;
        }
    };
    waits_for(Some(&stages[0]), &jane).await;
    for stage in [1, 2] {
        review.stage = stage;
        jane = changed(&jane, State::Pending(Box::new(review.clone())));
        assert_eq!(store.commit(&commit([next(&jane)])).await, Ok(Applied));
        waits_for(Some(&stages[stage]), &jane).await;
    }
    review.plan.stages[2].asked = group("escalated");
    jane = changed(&jane, State::Pending(Box::new(review.clone())));
    assert_eq!(store.commit(&commit([next(&jane)])).await, Ok(Applied));
    waits_for(Some(&group("escalated")), &jane).await;
    jane = denied(&jane);
    assert_eq!(store.commit(&commit([next(&jane)])).await, Ok(Applied));
    waits_for(None, &jane).await;
}

/// In whatever state and spelling, earlier ones too; a change of the address moves it.
pub async fn a_domain_and_an_address_have_their_requests(place: &dyn Place) {
    let store = place.open().await;
    let from = |name: &str, address: &str, seconds| Request {
        received: email(address),
        opened_at: at(seconds),
        ..pending(name)
    };
    let jane = denied(&from("jane", "Jane.Roe@B\u{dc}CHER.example", 0));
    let again = Request {
        opened_at: at(5),
        ..next_round(&jane)
    };
    let john = approved(&from("john", "john@xn--bcher-kva.example", 3));
    let other = from("other", "jane.roe@sub.xn--bcher-kva.example", 1);
    let none = from("none", "no address", 2);
    for request in [&jane, &john, &other, &none] {
        assert_eq!(store.commit(&commit([first(request)])).await, Ok(Applied));
    }
    let writes = [archive(&jane), next(&again)];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    let domain = |name| Which::domain(&claims::Domain::parse(name).unwrap());
    let lists = [
        (domain("b\u{fc}cher.EXAMPLE"), vec![&jane, &john, &again]),
        (domain("sub.xn--bcher-kva.example"), vec![&other]),
        (domain("example"), vec![]),
        (Which::address(" jane.roe@b\u{fc}cher.example"), vec![&jane, &again]),
        (Which::address("NO address"), vec![&none]),
        (Which::address("jane.roe@example"), vec![]),
    ];
    for (which, expected) in lists {
        let expected: Vec<_> = expected.into_iter().cloned().collect();
        for size in [1, 10] {
            eventually("the requests of a domain or an address", || async {
                walk(&*store, &of(which.clone()), size).await == expected
            })
            .await;
        }
    }
    let moved = Request {
        received: email("john@elsewhere.example"),
        version: john.version + 1,
        ..john.clone()
    };
    assert_eq!(store.commit(&commit([next(&moved)])).await, Ok(Applied));
    eventually("it has moved", || async {
        walk(&*store, &of(domain("elsewhere.example")), 10).await == [moved.clone()]
            && walk(&*store, &of(Which::address("john@b\u{fc}cher.example")), 10)
                .await
                .is_empty()
            && walk(&*store, &of(domain("b\u{fc}cher.example")), 10).await == [jane.clone(), again.clone()]
    })
    .await;
}

/// By route, by state, by who is asked: whatever the list is.
pub async fn a_list_is_narrowed(place: &dyn Place) {
    let store = place.open().await;
    let mut all = Vec::new();
    for n in 0..40 {
        let asked = if n % 2 == 0 { Asked::Anybody } else { group("hr") };
        let request = Request {
            opened_at: at(n),
            route: RouteName::parse(["germany", "france", ""][n as usize % 3]),
            received: email("jane@b.example"),
            ..asking(&n.to_string(), &asked)
        };
        let request = if n % 5 == 0 { approved(&request) } else { request };
        assert_eq!(store.commit(&commit([first(&request)])).await, Ok(Applied));
        all.push(request);
    }
    let lists = [
        Which::State(StateName::Pending),
        Which::State(StateName::Approved),
        Which::Waiting(vec![Asked::Anybody, group("hr")]),
        Which::address("jane@b.example"),
    ];
    let filters = [
        Filter {
            route: RouteName::parse("germany"),
            ..Filter::default()
        },
        Filter {
            state: Some(StateName::Pending),
            asked: Some(group("hr")),
            ..Filter::default()
        },
        Filter {
            state: Some(StateName::Denied),
            ..Filter::default()
        },
    ];
    for which in lists {
        for filter in &filters {
            let mut listing = Listing {
                filter: filter.clone(),
                ..of(which.clone())
            };
            let mut expected: Vec<_> = all.iter().filter(|request| listing.has(request)).cloned().collect();
            for order in [Order::OldestFirst, Order::NewestFirst] {
                listing.order = order;
                for size in [100, 3] {
                    eventually("the list has what fits the filter", || async {
                        walk(&*store, &listing, size).await == expected
                    })
                    .await;
                }
                expected.reverse();
            }
        }
    }
}

/// From a time on, before a time: to the millisecond, in both orders, also where there is nothing between them.
pub async fn times_bound_a_list(place: &dyn Place) {
    let store = place.open().await;
    let mut all = Vec::new();
    for n in 0..30 {
        let request = Request {
            opened_at: at(n / 3),
            ..pending(&n.to_string())
        };
        assert_eq!(store.commit(&commit([first(&request)])).await, Ok(Applied));
        all.push(request);
    }
    all.sort_unstable_by_key(Position::of);
    let bounds = [
        (Some(3), None),
        (None, Some(3)),
        (Some(3), Some(7)),
        (Some(7), Some(3)),
        (Some(3), Some(3)),
    ];
    for (since, before) in bounds {
        let mut listing = Listing {
            filter: Filter {
                since: since.map(at),
                before: before.map(at),
                ..Filter::default()
            },
            ..of(Which::State(StateName::Pending))
        };
        let mut expected: Vec<_> = all.iter().filter(|request| listing.has(request)).cloned().collect();
        for order in [Order::OldestFirst, Order::NewestFirst] {
            listing.order = order;
            for size in [100, 2] {
                eventually("the list is between its bounds", || async {
                    walk(&*store, &listing, size).await == expected
                })
                .await;
            }
            expected.reverse();
        }
    }
}

/// So many rows and no more are looked at for a page, which says so and where to go on.
pub async fn a_page_that_looked_at_enough_says_so(place: &dyn Place) {
    let store = place.open().await;
    let count = MOST_LOOKED_AT + 20;
    let requests: Vec<_> = (0..count)
        .map(|n| Request {
            opened_at: at(n as i64),
            route: RouteName::parse(if n >= MOST_LOOKED_AT { "rare" } else { "common" }),
            ..pending(&n.to_string())
        })
        .collect();
    for some in requests.chunks(20) {
        let writes: Vec<_> = some.iter().map(first).collect();
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    }
    let listing = |route, after| Listing {
        filter: Filter {
            route: RouteName::parse(route),
            ..Filter::default()
        },
        after,
        ..of(Which::State(StateName::Pending))
    };
    eventually("the last one is listed", || async {
        let last = Some(Position::of(&requests[count - 2]));
        !store.list(&listing("rare", last)).await.unwrap().requests.is_empty()
    })
    .await;
    let page = store.list(&listing("rare", None)).await.unwrap();
    assert!(page.requests.is_empty() && page.cut_short);
    assert_eq!(page.next, Some(Position::of(&requests[MOST_LOOKED_AT - 1])));
    let page = store.list(&listing("rare", page.next)).await.unwrap();
    assert_eq!(page.requests, requests[MOST_LOOKED_AT..]);
    assert!(page.next.is_none() && !page.cut_short);
    let full = store.list(&listing("common", None)).await.unwrap();
    assert_eq!(full.requests, requests[..100]);
    assert!(full.next.is_some() && !full.cut_short, "a full page is full");
}

/// An applicant's own, the newest first, and none but those before.
pub async fn an_applicants_earlier_requests_are_found(place: &dyn Place) {
    let store = place.open().await;
    let mut rounds = vec![denied(&pending("jane"))];
    assert_eq!(store.commit(&commit([first(&rounds[0])])).await, Ok(Applied));
    for n in 0..12 {
        let writes = [archive(&rounds[n]), next(&next_round(&rounds[n]))];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
        rounds.push(next_round(&rounds[n]));
    }
    for (n, round) in rounds.iter().enumerate() {
        let mut expected = rounds[..n].to_vec();
        expected.reverse();
        assert_eq!(store.earlier(&round.id, 100).await, Ok(expected.clone()));
        expected.truncate(3);
        assert_eq!(store.earlier(&round.id, 3).await, Ok(expected));
    }
    assert_eq!(store.earlier(&rounds[5].id, 0).await, Ok(Vec::new()));
    assert_eq!(store.earlier(&pending("john").id, 9).await, Ok(Vec::new()));
}

fn plan(stages: &[Asked]) -> Plan {
    let plan = Plan::anybody();
    let stage = |asked: &Asked| Stage {
        asked: asked.clone(),
        ..plan.stages[0].clone()
    };
    Plan {
        stages: stages.iter().map(stage).collect(),
        ..plan.clone()
    }
}

fn group(name: &str) -> Asked {
    Asked::Group(name.to_owned())
}

fn person(name: &str) -> Asked {
    Asked::Person(Person::of(name))
}

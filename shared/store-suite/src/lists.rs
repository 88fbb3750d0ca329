//! Lists that change while the gate runs.

use std::{collections::BTreeSet, sync::Arc};

use claims::Hash;
use store::{
    ListCopy, ListEntry, ListName, ListPlace, ListQuestion,
    Listed::{self, No, NoCopy, Yes},
    MAX_ENTRY, Origin, Rows, StoreError,
};
use tokio::task::JoinSet;

use crate::{Place, sample::at};

/// From the next look-up on, whoever asks.
pub async fn an_entry_counts_from_when_it_is_added_until_it_is_removed(place: &dyn Place) {
    let (editor, gate) = (place.open().await, place.open().await);
    let partners = edited("partners");
    let ask = || listed(&*gate, &partners.list, Origin::Edited, &["a.example", "b.example"]);
    assert_eq!(ask().await, [No, No], "a list that nobody wrote is empty");
    assert_eq!(editor.add(&partners, &entries(["a.example"])).await, Ok(1));
    assert_eq!(ask().await, [Yes, No]);
    assert_eq!(remove(&*editor, &partners, &["a.example", "b.example"]).await, Ok(1));
    assert_eq!(ask().await, [No, No]);
    assert_eq!(remove(&*editor, &partners, &["a.example"]).await, Ok(0));
}

/// Who added it first, and when, stays.
pub async fn adding_an_entry_again_changes_nothing(place: &dyn Place) {
    let store = place.open().await;
    let partners = edited("partners");
    let first = entry("a.example");
    assert_eq!(store.add(&partners, std::slice::from_ref(&first)).await, Ok(1));
    let again = ListEntry {
        by: Some("rob".to_owned()),
        at: at(9),
        ..first.clone()
    };
    let twice = [again.clone(), entry("b.example"), again.clone(), entry("b.example")];
    assert_eq!(store.add(&partners, &twice).await, Ok(1));
    let kept = store.page(&partners, None, 10).await.unwrap();
    assert!(kept.contains(&first) && !kept.contains(&again) && kept.len() == 2);
    assert_eq!(store.add(&partners, &[]).await, Ok(0));
    assert_eq!(store.remove(&partners.list, &[]).await, Ok(0));
    assert_eq!(store.listed(&[]).await, Ok(Vec::new()));
}

/// Text, adder and time.
pub async fn every_field_of_an_entry_comes_back(place: &dyn Place) {
    let store = place.open().await;
    let list = edited("values");
    let hard = [
        "\u{0}",
        "a\"b\\c\n",
        "*.xn--bcher-kva.example",
        "Ключ 👩\u{200d}💻 ' ; --",
        "#",
        " ",
    ];
    let long = "ß".repeat(MAX_ENTRY / 2);
    for text in hard.into_iter().chain([long.as_str()]) {
        let written = ListEntry {
            by: Some("Rob Ö".to_owned()),
            ..entry(text)
        };
        assert_eq!(store.add(&list, std::slice::from_ref(&written)).await, Ok(1));
        let found = store.page(&list, None, 100).await.unwrap();
        assert!(found.contains(&written), "{text}");
        assert_eq!(listed(&*store, &list.list, Origin::Edited, &[text]).await, [Yes]);
    }
    let (version, fetched) = (
        ListPlace {
            version: Some(1),
            ..edited("values")
        },
        unsigned("a"),
    );
    store.add(&version, std::slice::from_ref(&fetched)).await.unwrap();
    assert_eq!(store.page(&version, None, 100).await, Ok(vec![fetched]));
}

/// And nothing of what was to be added with it is.
pub async fn an_entry_that_is_too_long_is_refused(place: &dyn Place) {
    let store = place.open().await;
    for version in [None, Some(1)] {
        let list = ListPlace {
            version,
            ..edited("values")
        };
        let long = [entry("short"), entry(&"x".repeat(MAX_ENTRY + 1))];
        let refused = store.add(&list, &long).await;
        assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("2049") && !why.contains('x')));
        assert_eq!(store.page(&list, None, 10).await, Ok(Vec::new()));
    }
}

/// Also where one is asked twice, and where there are more than fit into one request.
pub async fn answers_come_in_the_order_of_the_questions(place: &dyn Place) {
    let store = place.open().await;
    let partners = edited("partners");
    let text = |n: usize| format!("{n}.example");
    let even = (0..250).filter(|n| n % 2 == 0).map(text);
    store.add(&partners, &entries(even)).await.unwrap();
    let fetched = copy_of("fetched", 4);
    store
        .add(&fetched, &entries((0..250).filter(|n| n % 3 == 0).map(text)))
        .await
        .unwrap();
    assert_eq!(store.publish(&fetched.list, &copy(4), None).await, Ok(true));
    let mut questions = Vec::new();
    let mut expected = Vec::new();
    for n in (0..250).rev().chain([0, 1, 0]) {
        questions.push(question(&partners.list, Origin::Edited, &text(n)));
        expected.push(if n % 2 == 0 { Yes } else { No });
        questions.push(question(&fetched.list, Origin::Fetched, &text(n)));
        expected.push(if n % 3 == 0 { Yes } else { No });
        questions.push(question(&name("never"), Origin::Fetched, &text(n)));
        expected.push(NoCopy);
    }
    assert_eq!(store.listed(&questions).await, Ok(expected));
}

/// Lists with names that are alike, an edited and a fetched list of the same name, and copies of one list.
pub async fn lists_do_not_mix(place: &dyn Place) {
    let store = place.open().await;
    let long = "n".repeat(64);
    let names = ["a", "A", "a-1", "1", &long[..63], &long];
    for (n, list) in names.into_iter().enumerate() {
        for version in [None, Some(1), Some(u64::MAX >> 1)] {
            let place = ListPlace {
                version,
                ..edited(list)
            };
            let own = entries([format!("{n} {version:?}")]);
            assert_eq!(store.add(&place, &own).await, Ok(1));
        }
    }
    for (n, list) in names.into_iter().enumerate() {
        for version in [None, Some(1), Some(u64::MAX >> 1)] {
            let place = ListPlace {
                version,
                ..edited(list)
            };
            let own = entries([format!("{n} {version:?}")]);
            assert_eq!(store.page(&place, None, 10).await, Ok(own), "{list} {version:?}");
        }
        assert_eq!(store.copy(&name(list)).await, Ok(None));
        let next = (n + 1) % names.len();
        let asked = [format!("{n} None"), format!("{n} Some(1)"), format!("{next} None")];
        let asked: Vec<_> = asked.iter().map(String::as_str).collect();
        assert_eq!(
            listed(&*store, &name(list), Origin::Edited, &asked).await,
            [Yes, No, No],
            "{list}"
        );
        assert_eq!(
            listed(&*store, &name(list), Origin::Fetched, &asked).await,
            [NoCopy, NoCopy, NoCopy]
        );
    }
}

/// Of many who add the same entries each is added by one, and counted by that one.
pub async fn racing_adders_add_an_entry_once(place: &dyn Place) {
    const ENTRIES: usize = 60;
    let partners = edited("partners");
    let counts = all_at_once(place, {
        let partners = partners.clone();
        move |store, racer| {
            let partners = partners.clone();
            async move {
                let own: Vec<_> = (0..ENTRIES)
                    // Each begins elsewhere, so that none wins all.
                    .map(|n| (n + racer * 7) % ENTRIES)
                    .map(|n| ListEntry {
                        by: Some(racer.to_string()),
                        ..entry(&n.to_string())
                    })
                    .collect();
                let mut added = 0;
                for part in own.chunks(5) {
                    added += insist(|| store.add(&partners, part)).await;
                }
                added
            }
        }
    })
    .await;
    assert_eq!(counts.iter().sum::<usize>(), ENTRIES, "{counts:?}");
    let kept = place.open().await.page(&partners, None, 1000).await.unwrap();
    for (racer, count) in counts.into_iter().enumerate() {
        let own = kept.iter().filter(|entry| entry.by == Some(racer.to_string()));
        assert_eq!(own.count(), count, "racer {racer}");
    }
    let counts = all_at_once(place, {
        let list = partners.list.clone();
        move |store, _| {
            let list = list.clone();
            async move {
                let keys: Vec<_> = (0..ENTRIES).map(|n| ListEntry::key(&n.to_string())).collect();
                insist(|| store.remove(&list, &keys)).await
            }
        }
    })
    .await;
    assert_eq!(
        counts.iter().sum::<usize>(),
        ENTRIES,
        "each is removed once: {counts:?}"
    );
}

/// In the order of hashes, with pages of any size, and going on after an entry that was removed.
pub async fn a_list_comes_whole_page_by_page(place: &dyn Place) {
    const ENTRIES: usize = 1000;
    let store = place.open().await;
    for version in [None, Some(7)] {
        let list = ListPlace {
            version,
            ..edited("partners")
        };
        let written = entries((0..ENTRIES).map(|n| format!("{n}.example")));
        assert_eq!(store.add(&list, &written).await, Ok(ENTRIES));
        for size in [ENTRIES + 1, ENTRIES, 300] {
            let found = walk(&*store, &list, size).await;
            let keys: Vec<_> = found.iter().map(|entry| ListEntry::key(&entry.text)).collect();
            assert!(keys.is_sorted(), "pages of {size}");
            assert_eq!(keys.len(), ENTRIES, "pages of {size}");
            let texts: BTreeSet<_> = found.iter().map(|entry| &entry.text).collect();
            assert_eq!(texts.len(), ENTRIES, "pages of {size}");
        }
        assert_eq!(store.page(&list, None, 0).await, Ok(Vec::new()));
    }
    let list = edited("partners");
    let page = store.page(&list, None, 400).await.unwrap();
    let last = page.last().unwrap();
    assert_eq!(remove(&*store, &list, &[&last.text]).await, Ok(1));
    let rest = store
        .page(&list, Some(&ListEntry::key(&last.text)), 1000)
        .await
        .unwrap();
    assert_eq!(rest.len(), 600);
}

/// Not before, and only all at once.
pub async fn a_copy_counts_from_its_publication(place: &dyn Place) {
    let store = place.open().await;
    let (one, two) = (copy_of("fetched", 1), copy_of("fetched", 2));
    let ask = || listed(&*store, &one.list, Origin::Fetched, &["a", "b"]);
    assert_eq!(ask().await, [NoCopy, NoCopy]);
    assert_eq!(store.add(&one, &entries(["a"])).await, Ok(1));
    assert_eq!(
        store.add(&one, &entries(["a"])).await,
        Ok(1),
        "what is written again is written"
    );
    assert_eq!(ask().await, [NoCopy, NoCopy], "it is not published yet");
    assert_eq!(store.publish(&one.list, &copy(1), None).await, Ok(true));
    assert_eq!(ask().await, [Yes, No]);
    assert_eq!(store.add(&two, &entries(["b"])).await, Ok(1));
    assert_eq!(ask().await, [Yes, No]);
    assert_eq!(store.publish(&one.list, &copy(2), Some(1)).await, Ok(true));
    assert_eq!(ask().await, [No, Yes]);
    assert_eq!(store.copy(&one.list).await, Ok(Some(copy(2))));
}

/// Who is late is told; what is known of the copy in use can be changed; no version comes again.
pub async fn a_copy_replaces_only_the_one_it_names(place: &dyn Place) {
    let store = place.open().await;
    let list = name("fetched");
    assert_eq!(
        store.publish(&list, &copy(1), Some(0)).await,
        Ok(false),
        "there is none"
    );
    assert_eq!(store.publish(&list, &copy(1), None).await, Ok(true));
    assert_eq!(store.publish(&list, &copy(2), None).await, Ok(false), "there is one");
    assert_eq!(store.publish(&list, &copy(3), Some(2)).await, Ok(false));
    let confirmed = ListCopy {
        fetched_at: at(60),
        tag: Some("\"ß\"".to_owned()),
        ..copy(1)
    };
    assert_eq!(store.publish(&list, &confirmed, Some(1)).await, Ok(true));
    assert_eq!(store.copy(&list).await, Ok(Some(confirmed.clone())));
    let back = store.publish(&list, &copy(0), Some(1)).await;
    assert!(matches!(back, Err(StoreError::Broken(_))), "{back:?}");
    assert_eq!(store.copy(&list).await, Ok(Some(confirmed)));
    assert_eq!(store.copy(&name("other")).await, Ok(None));
}

/// The others are told.
pub async fn racing_publishers_publish_one_copy(place: &dyn Place) {
    let list = name("fetched");
    for replaces in [None, Some(0), Some(10), Some(20)] {
        let next = replaces.map_or(0, |version| version + 10);
        let counts = all_at_once(place, {
            let list = list.clone();
            move |store, racer| {
                let list = list.clone();
                async move {
                    let own = ListCopy {
                        entries: racer as u64,
                        ..copy(next)
                    };
                    usize::from(insist(|| store.publish(&list, &own, replaces)).await)
                }
            }
        })
        .await;
        let winners: Vec<_> = counts.iter().enumerate().filter(|(_, won)| **won == 1).collect();
        assert_eq!(winners.len(), 1, "{counts:?}");
        let copy = place.open().await.copy(&list).await.unwrap().unwrap();
        assert_eq!((copy.version, copy.entries), (next, winners[0].0 as u64));
    }
}

/// Every copy has one of the two entries, in turn: whoever asks for both finds one.
pub async fn an_answer_comes_from_one_copy(place: &dyn Place) {
    const COPIES: u64 = 60;
    let store = place.open().await;
    let text = |version: u64| if version.is_multiple_of(2) { "even" } else { "odd" };
    for version in 0..COPIES {
        store
            .add(&copy_of("fetched", version), &entries([text(version)]))
            .await
            .unwrap();
    }
    let list = name("fetched");
    assert_eq!(store.publish(&list, &copy(0), None).await, Ok(true));
    let reader = tokio::spawn({
        let (store, list) = (place.open().await, list.clone());
        async move {
            loop {
                let answer = listed(&*store, &list, Origin::Fetched, &["even", "odd"]).await;
                assert!(answer == [Yes, No] || answer == [No, Yes], "{answer:?}");
                if store.copy(&list).await.unwrap().unwrap().version == COPIES - 1 {
                    return;
                }
            }
        }
    });
    for version in 1..COPIES {
        assert_eq!(store.publish(&list, &copy(version), Some(version - 1)).await, Ok(true));
    }
    reader.await.unwrap();
    assert_eq!(
        listed(&*store, &list, Origin::Fetched, &["even", "odd"]).await,
        [No, Yes]
    );
}

/// Portion by portion; the copy in use stays.
pub async fn a_copy_that_is_not_in_use_is_cleared(place: &dyn Place) {
    let store = place.open().await;
    let texts = || (0..130).map(|n| n.to_string());
    for version in [1, 2] {
        store
            .add(&copy_of("fetched", version), &entries(texts()))
            .await
            .unwrap();
    }
    store.add(&edited("fetched"), &entries(texts())).await.unwrap();
    let list = name("fetched");
    assert_eq!(store.publish(&list, &copy(2), None).await, Ok(true));
    let refused = store.clear(&list, 2, 10).await;
    assert!(matches!(refused, Err(StoreError::Broken(_))), "{refused:?}");
    assert_eq!(store.clear(&list, 1, 100).await, Ok(100));
    assert_eq!(store.page(&copy_of("fetched", 1), None, 1000).await.unwrap().len(), 30);
    assert_eq!(store.clear(&list, 1, 100).await, Ok(30));
    assert_eq!(store.clear(&list, 1, 100).await, Ok(0));
    for kept in [edited("fetched"), copy_of("fetched", 2)] {
        assert_eq!(store.page(&kept, None, 1000).await.unwrap().len(), 130);
    }
}

fn name(text: &str) -> ListName {
    ListName::parse(text).unwrap()
}

fn edited(list: &str) -> ListPlace {
    ListPlace {
        list: name(list),
        version: None,
    }
}

fn copy_of(list: &str, version: u64) -> ListPlace {
    ListPlace {
        list: name(list),
        version: Some(version),
    }
}

fn copy(version: u64) -> ListCopy {
    ListCopy {
        version,
        entries: 1,
        fetched_at: at(0),
        tag: None,
    }
}

fn entry(text: &str) -> ListEntry {
    ListEntry {
        by: Some("rita".to_owned()),
        ..unsigned(text)
    }
}

fn unsigned(text: &str) -> ListEntry {
    ListEntry {
        text: text.to_owned(),
        by: None,
        at: at(0),
    }
}

fn entries(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<ListEntry> {
    texts.into_iter().map(|text| entry(text.as_ref())).collect()
}

fn question(list: &ListName, origin: Origin, text: &str) -> ListQuestion {
    ListQuestion {
        list: list.clone(),
        origin,
        entry: ListEntry::key(text),
    }
}

async fn listed(store: &dyn Rows, list: &ListName, origin: Origin, texts: &[&str]) -> Vec<Listed> {
    let questions: Vec<_> = texts.iter().map(|text| question(list, origin, text)).collect();
    store.listed(&questions).await.unwrap()
}

async fn remove(store: &dyn Rows, place: &ListPlace, texts: &[&str]) -> Result<usize, StoreError> {
    let keys: Vec<Hash> = texts.iter().map(|text| ListEntry::key(text)).collect();
    store.remove(&place.list, &keys).await
}

/// A list page by page.
async fn walk(store: &dyn Rows, place: &ListPlace, size: usize) -> Vec<ListEntry> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.page(place, after.as_ref(), size).await.unwrap();
        assert!(page.len() <= size);
        let full = page.len() == size;
        after = page.last().map(|entry| ListEntry::key(&entry.text));
        all.extend(page);
        assert!(all.len() <= 10_000, "the list does not end");
        if !full {
            return all;
        }
    }
}

/// Until the store is not busy: nothing happened then.
pub(crate) async fn insist<T, F: Future<Output = Result<T, StoreError>>>(attempt: impl Fn() -> F) -> T {
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(StoreError::Busy(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Eight at once, half of them on a second store; what each came to.
pub(crate) async fn all_at_once<F, R>(place: &dyn Place, task: F) -> Vec<usize>
where
    F: Fn(Arc<dyn Rows>, usize) -> R,
    R: Future<Output = usize> + Send + 'static,
{
    let stores = [place.open().await, place.open().await];
    let mut tasks = JoinSet::new();
    for racer in 0..8 {
        let running = task(Arc::clone(&stores[racer % 2]), racer);
        tasks.spawn(async move { (racer, running.await) });
    }
    let mut counts = tasks.join_all().await;
    counts.sort_unstable();
    counts.into_iter().map(|(_, count)| count).collect()
}

//! The requests that fill a store: every one of them waits, so that the longest list is as long as the store.

use approvals::{AuditKey, Held, Submission, Terms, Wish};
use claims::{Changes, Claims, Domain, Hash, Identity, Locales, Value};
use store::{Asked, Listing, Order, Plan, Position, Request, RequestId, RouteName, Timestamp, Which, Write};

/// When the first was opened; each later one a second afterwards.
const FIRST: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// Every second request has this domain.
const DOMAIN: &str = "fabrikam.example";
/// Every fiftieth has this address.
const ADDRESS: &str = "jane.doe@fabrikam.example";
/// Every second request waits for this group, the others for anybody.
const GROUP: &str = "security";

/// How many kinds of pages are read.
pub(crate) const PAGES: usize = 6;

/// One for each request, with the claims of a usual form.
pub(crate) struct Requests {
    for_anybody: Request,
    for_group: Request,
}

impl Requests {
    pub(crate) fn new() -> Self {
        let mut plan = Plan::anybody();
        plan.stages[0].asked = Asked::Group(GROUP.to_owned());
        let route = RouteName::parse(GROUP);
        Self {
            for_anybody: opened(Held::by_anybody()),
            for_group: opened(Held { route, plan }),
        }
    }

    /// The request with this number.
    pub(crate) fn nth(&self, n: usize) -> Request {
        let like = if n.is_multiple_of(2) {
            &self.for_anybody
        } else {
            &self.for_group
        };
        let millis = 1000 * i64::try_from(n).expect("a number of a request");
        let opened_at = Timestamp::from_millis(FIRST.as_millis() + millis);
        let applicant = Hash::of(&["id", "google.com", &n.to_string()]);
        Request {
            id: RequestId { applicant, round: 1 },
            opened_at,
            changed_at: opened_at,
            received: claims(&address(n)),
            reviewed: claims(&address(n)),
            addresses: vec![Hash::of_address(&address(n))],
            ..like.clone()
        }
    }

    /// What tells these requests from others: whoever keeps them loads them again when it changes.
    pub(crate) fn stamp(&self) -> String {
        let rows = [self.nth(0), self.nth(1)].map(|request| {
            serde_json::to_string(&Request {
                head: None,
                proof: None,
                ..request
            })
        });
        let [one, other] = rows.map(|row| row.expect("a row that JSON can express"));
        Hash::of(&[&one, &other]).to_string()
    }
}

/// What a page is read of, and from where.
pub(crate) fn listings(requests: &Requests, stored: usize) -> [(&'static str, Listing); PAGES] {
    let first = |which, limit| Listing::of(which, limit);
    let state = || Which::State(store::StateName::Pending);
    let waiting = Which::Waiting(vec![Asked::Anybody, Asked::Group(GROUP.to_owned())]);
    let domain = Domain::parse(DOMAIN).expect("a domain");
    let deep = Listing {
        after: Some(Position::of(&requests.nth(stored / 2))),
        ..first(state(), 25)
    };
    let newest = Listing {
        order: Order::NewestFirst,
        ..first(state(), 25)
    };
    [
        ("state, first 50", first(state(), 50)),
        ("state, 25 from the middle", deep),
        ("state, newest 25", newest),
        ("waiting for me, first 25", first(waiting, 25)),
        ("domain, first 25", first(Which::domain(&domain), 25)),
        ("address, first 10", first(Which::address(ADDRESS), 10)),
    ]
}

fn address(n: usize) -> String {
    match n {
        _ if n.is_multiple_of(50) => ADDRESS.to_owned(),
        _ if n.is_multiple_of(2) => format!("jane.doe.{n}@{DOMAIN}"),
        _ => format!("jane.doe.{n}@contoso-{n}.example"),
    }
}

/// As the second step opens it, with proof.
fn opened(held: Held) -> Request {
    let audit = AuditKey::parse(&"0123456789abcdef".repeat(4)).expect("a key");
    let (_, opened) = approvals::submit(None, &[], &submission(held), FIRST, &Terms::default());
    let opened = opened.expect("a request that waits");
    let commit = opened.commit(None, &[], &audit.seal().expect("random numbers"));
    let request = commit.writes.into_iter().find_map(|write| match write {
        Write::Request { request, .. } => Some(*request),
        _ => None,
    });
    request.expect("a request among its writes")
}

fn submission(held: Held) -> Submission {
    let claims = claims(ADDRESS);
    Submission {
        applicant: Hash::of(&[ADDRESS]),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: vec![Identity {
            sign_in_type: Some("federated".to_owned()),
            issuer: Some("google.com".to_owned()),
            issuer_assigned_id: Some("1".repeat(21)),
        }],
        app: None,
        locales: Locales::default(),
        addresses: vec![Hash::of_address(ADDRESS)],
        invitation: None,
        wish: Wish::Hold(held),
        rule: "everybody waits".to_owned(),
    }
}

fn claims(email: &str) -> Claims {
    let claims = [
        ("email", email),
        ("displayName", "Jane Doe"),
        ("givenName", "Jane"),
        ("surname", "Doe"),
        ("jobTitle", "Supply chain manager"),
        ("city", "Seattle"),
        ("country", "United States"),
    ];
    Claims::from_iter(claims.map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned()))))
}

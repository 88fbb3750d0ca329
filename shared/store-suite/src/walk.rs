use store::{Listing, Request, Store, Which};

/// A list from its beginning.
pub(crate) fn of(which: Which) -> Listing {
    Listing::of(which, 100)
}

/// All requests of a list, page by page.
pub(crate) async fn walk(store: &dyn Store, listing: &Listing, size: usize) -> Vec<Request> {
    let mut listing = Listing {
        limit: size,
        ..listing.clone()
    };
    let mut all = Vec::new();
    loop {
        let page = store.list(&listing).await.unwrap();
        assert!(
            page.requests.len() <= size,
            "{} on a page of {size}",
            page.requests.len()
        );
        all.extend(page.requests);
        assert!(all.len() <= 1000, "the list does not end");
        match page.next {
            None => return all,
            next => listing.after = next,
        }
    }
}

use claims::Address;
use store::{Block, ListEntry, ListName, Request, Timestamp};

/// The lists to which reviewers can add those whom they turn away, so that a rule of the policy blocks them from then on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// A list of addresses that people edit.
    pub addresses: Option<ListName>,
    /// A list of domains that people edit.
    pub domains: Option<ListName>,
}

impl Blocks {
    /// Where something of a request is blocked, and the entry that does it; none if the policy has no such list, or the
    /// request no address.
    pub(crate) fn entry(&self, request: &Request, block: Block) -> Option<(ListName, String)> {
        let list = match block {
            Block::Address => &self.addresses,
            Block::Domain => &self.domains,
        };
        let address = Address::parse(request.email()?).ok()?;
        let text = match block {
            Block::Address => address.as_str().to_owned(),
            Block::Domain => address.domain().as_str().to_owned(),
        };
        list.clone().map(|list| (list, text))
    }

    /// The entries for what is to be blocked, each once, in the name of the first who wanted it.
    pub(crate) fn entries(
        &self,
        request: &Request,
        blocks: &[(Block, String)],
        now: Timestamp,
    ) -> Vec<(ListName, ListEntry)> {
        let entry = |block: Block| {
            let (_, by) = blocks.iter().find(|(wanted, _)| *wanted == block)?;
            let (list, text) = self.entry(request, block)?;
            let by = Some(by.clone());
            Some((list, ListEntry { text, by, at: now }))
        };
        Block::ALL.into_iter().filter_map(entry).collect()
    }
}

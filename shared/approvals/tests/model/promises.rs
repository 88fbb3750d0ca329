/// What must hold in every state that can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Promise {
    OneOutcome,
    OneAccount,
    CountsOnce,
    Quorum,
    DenialIsFinal,
    OnlyTheApproved,
    SameAnswer,
    StepsAgree,
    RefusalChangesNothing,
    NoGaps,
    InTime,
    OnlyTheAsked,
    NotOnThemselves,
    EffectsWithTheirCause,
    ItEnds,
    UsesStay,
    UsesComeBack,
}

impl Promise {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Promise::OneOutcome => "a request has one outcome",
            Promise::OneAccount => "a request gets one account at most, and only when it is approved",
            Promise::CountsOnce => "a person counts once",
            Promise::Quorum => "a stage is passed, and an applicant turned away, by a quorum",
            Promise::DenialIsFinal => "nothing follows a denial until its cool-down is over",
            Promise::OnlyTheApproved => "nobody is told to go on who was not approved",
            Promise::SameAnswer => "the same call gets the same answer while nothing changes",
            Promise::StepsAgree => "both steps answer alike",
            Promise::RefusalChangesNothing => "a refused decision changes nothing but what time has done",
            Promise::NoGaps => "the versions of a history have no gaps",
            Promise::InTime => "no vote counts when time is over, and no time is over before",
            Promise::OnlyTheAsked => "only those who are asked decide",
            Promise::NotOnThemselves => "nobody decides on themselves",
            Promise::EffectsWithTheirCause => "what follows is written with what causes it",
            Promise::ItEnds => "every request ends, if only by the clock",
            Promise::UsesStay => {
                "who waits or was let in has the use of an invitation, and no more have one than it has uses"
            }
            Promise::UsesComeBack => {
                "who holds the use of an invitation has a request that is open, or it is about to end"
            }
        }
    }
}

/// The promises that were broken on the way to a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Broken(u32);

impl Broken {
    pub(crate) fn note(&mut self, promise: Promise) {
        self.0 |= 1 << promise as u8;
    }

    pub(crate) fn add(&mut self, more: Broken) {
        self.0 |= more.0;
    }

    /// Notes it unless it is kept.
    pub(crate) fn expect(&mut self, kept: bool, promise: Promise) {
        if !kept {
            self.note(promise);
        }
    }

    pub(crate) fn has(self, promise: Promise) -> bool {
        self.0 & (1 << promise as u8) != 0
    }
}

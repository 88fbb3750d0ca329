use claims::{CallKey, Step};
use store::RequestId;
use tokio::time::Instant;

/// The one line that is written for a call. It holds no claim value and no header.
pub(crate) struct CallLog {
    step: Step,
    arrival: Instant,
    pub(crate) verdict: Verdict,
    /// The rule that decided.
    pub(crate) rule: Option<String>,
    /// Why, where the rule does not say it all.
    pub(crate) reason: Option<String>,
    /// What rules would have done that only observe.
    pub(crate) observed: Option<String>,
    pub(crate) call_key: Option<CallKey>,
    /// The request that somebody has to look at.
    pub(crate) request: Option<RequestId>,
    /// Something went wrong on our side: an alarm counts these.
    pub(crate) failed: bool,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Continue,
    Block,
    AskAgain,
    Error,
    Refuse,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Verdict::Continue => "continue",
            Verdict::Block => "block",
            Verdict::AskAgain => "ask-again",
            Verdict::Error => "error",
            Verdict::Refuse => "refuse",
        }
    }
}

impl CallLog {
    pub(crate) fn new(step: Step, arrival: Instant) -> CallLog {
        CallLog {
            step,
            arrival,
            verdict: Verdict::Error,
            rule: None,
            reason: None,
            observed: None,
            call_key: None,
            request: None,
            failed: false,
        }
    }

    pub(crate) fn write(&self) {
        // Microseconds are noise, and a whole millisecond is coarse.
        let milliseconds = (self.arrival.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        let (step, verdict) = (self.step.name(), self.verdict.name());
        let call_key = self.call_key.map(tracing::field::display);
        let request = self.request.map(tracing::field::display);
        let (rule, reason) = (self.rule.as_deref(), self.reason.as_deref());
        let observed = self.observed.as_deref();
        let message = match (rule, reason) {
            (Some(rule), _) => format!("{step}: {verdict} by `{rule}`"),
            (None, Some(reason)) => format!("{step}: {verdict}, {reason}"),
            (None, None) => format!("{step}: {verdict}"),
        };
        if self.failed {
            tracing::error!(target: "vestibule", step, verdict, rule, reason, observed, milliseconds, call_key, request, "{message}");
        } else {
            tracing::info!(target: "vestibule", step, verdict, rule, reason, observed, milliseconds, call_key, request, "{message}");
        }
    }
}

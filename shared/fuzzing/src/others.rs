//! What those say whom a policy asks: all is well, all is refused, or what makes no sense.

use claims::Value;
use policy::outside::{Answer, Body, Call, Filled, Found, ItemQuestion, Piece, Question};
use serde_json::value::RawValue;
use store::{CheckOutcome, Invitation, Listed};

use crate::NOW;

/// How they answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Kind,
    Stern,
    Odd,
}

impl Mood {
    pub(crate) const ALL: [Mood; 3] = [Mood::Kind, Mood::Stern, Mood::Odd];

    pub(crate) fn answer(self, question: &Question) -> Result<Answer, String> {
        assert_sound(question);
        Ok(match question {
            Question::Listed(_) => Answer::Listed(self.pick(Listed::No, Listed::Yes, Listed::NoCopy)),
            Question::LookUp(call) => self.found(call.pointers.len()),
            Question::Item(ItemQuestion { pointers, .. }) => self.found(pointers.len()),
            Question::Check(_) => {
                let outcome = self.pick(CheckOutcome::Pass, CheckOutcome::Fail, CheckOutcome::Refer);
                Answer::Checked(outcome)
            }
            Question::Invitation { code, .. } => {
                let open = Invitation {
                    code: *code,
                    note: None,
                    made_at: NOW,
                    until: NOW.plus(std::time::Duration::from_secs(60)),
                    uses: 1,
                    taken: u32::from(self == Mood::Odd),
                    bound: None,
                    revoked_at: None,
                };
                Answer::Invitation((self != Mood::Stern).then_some((open, None)))
            }
            Question::Tally(_) => Answer::Tally(self.pick(0, u64::MAX, 4)),
        })
    }

    fn pick<T>(self, kind: T, stern: T, odd: T) -> T {
        match self {
            Mood::Kind => kind,
            Mood::Stern => stern,
            Mood::Odd => odd,
        }
    }

    fn found(self, pointers: usize) -> Answer {
        let value = match self {
            Mood::Kind => Some(Value::Text("\u{1}found/..".to_owned())),
            Mood::Stern => None,
            Mood::Odd => Some(Value::Other("{\"a\":[]}".to_owned())),
        };
        Answer::Found(match self {
            Mood::Stern => Found::Nothing,
            _ => Found::Values(vec![value; pointers]),
        })
    }
}

/// What is sent can be sent: whatever somebody typed, it is one address, one line a header, and one JSON text.
fn assert_sound(question: &Question) {
    match question {
        Question::LookUp(call) => assert_sound_call(call),
        Question::Check(check) => assert_sound_call(&check.call),
        _ => {}
    }
}

fn assert_sound_call(call: &Call) {
    assert!(
        call.url
            .chars()
            .all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}#".contains(c))
    );
    let path = call.url.split('?').next().unwrap();
    assert!(!path.split('/').skip(3).any(|segment| matches!(segment, "." | "..")));
    let one_line = |Filled(pieces): &Filled| {
        let fits = |piece: &Piece| !matches!(piece, Piece::Text(text) if text.chars().any(char::is_control));
        pieces.iter().all(fits)
    };
    assert!(call.headers.iter().all(|(_, value)| one_line(value)));
    if let Some(Body::Json(text)) = &call.body {
        serde_json::from_str::<&RawValue>(text).unwrap();
    }
    assert!(call.deadline.as_millis() <= 1400 && call.most_bytes <= 262_144);
}

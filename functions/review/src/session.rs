//! Sessions that nobody keeps: a cookie that says who logged in and when, with a proof that only a process that knows
//! the digest of that person's token can make. Taking a token away, or changing it, ends its sessions.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, header::COOKIE};
use sha2::Sha256;
use store::Timestamp;

use crate::{
    refusal::Refusal,
    reviewers::{Reviewer, Reviewers},
};

/// How long after the log-in a session ends, whatever happens in it.
pub const SESSION_LIFE: Duration = Duration::from_secs(8 * 60 * 60);

const COOKIE_NAME: &str = "vestibule_review";

/// Somebody who logged in.
pub(crate) struct Session<'r> {
    pub(crate) reviewer: &'r Reviewer,
    /// The cookie's value.
    value: String,
}

impl<'r> Session<'r> {
    /// Begins now.
    ///
    /// # Errors
    /// [`Refusal::NoRandom`].
    pub(crate) fn begin(reviewer: &'r Reviewer, now: Timestamp) -> Result<Session<'r>, Refusal> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| Refusal::NoRandom)?;
        let name = URL_SAFE_NO_PAD.encode(&reviewer.name);
        let claims = format!("{name}.{}.{}", now.as_millis(), hex::encode(nonce));
        let proof = proof(reviewer, "session", &claims).finalize().into_bytes();
        let value = format!("{claims}.{}", hex::encode(proof));
        Ok(Session { reviewer, value })
    }

    /// Goes on, if a cookie shows a session that has not ended.
    pub(crate) fn resume(reviewers: &'r Reviewers, headers: &HeaderMap, now: Timestamp) -> Option<Session<'r>> {
        cookies(headers).find_map(|value| Session::check(reviewers, value, now))
    }

    fn check(reviewers: &'r Reviewers, value: &str, now: Timestamp) -> Option<Session<'r>> {
        let (claims, shown) = value.rsplit_once('.')?;
        let [name, begun, _nonce] = <[&str; 3]>::try_from(claims.split('.').collect::<Vec<_>>()).ok()?;
        let name = String::from_utf8(URL_SAFE_NO_PAD.decode(name).ok()?).ok()?;
        let reviewer = reviewers.by_name(&name)?;
        let shown = hex::decode(shown).ok()?;
        proof(reviewer, "session", claims).verify_slice(&shown).ok()?;
        let begun = Timestamp::from_millis(begun.parse().ok()?);
        let value = value.to_owned();
        (now < begun.plus(SESSION_LIFE)).then_some(Session { reviewer, value })
    }

    /// What every form of this session has to bring back.
    pub(crate) fn form_secret(&self) -> String {
        hex::encode(proof(self.reviewer, "form", &self.value).finalize().into_bytes())
    }

    /// Whether a form brought it back.
    pub(crate) fn issued(&self, form_secret: &str) -> bool {
        let shown = hex::decode(form_secret).unwrap_or_default();
        proof(self.reviewer, "form", &self.value).verify_slice(&shown).is_ok()
    }

    /// The `Set-Cookie` header that begins the session in a browser.
    pub(crate) fn cookie(&self, root: &str, secure: bool) -> String {
        set_cookie(&self.value, SESSION_LIFE.as_secs(), root, secure)
    }
}

/// The `Set-Cookie` header that ends a session in a browser.
pub(crate) fn no_cookie(root: &str, secure: bool) -> String {
    set_cookie("", 0, root, secure)
}

/// Whether a browser shows a session's cookie, valid or not.
pub(crate) fn has_cookie(headers: &HeaderMap) -> bool {
    cookies(headers).next().is_some()
}

fn set_cookie(value: &str, seconds: u64, root: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={value}; Path={root}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(name, value)| (name == COOKIE_NAME).then_some(value))
}

/// What proves that a text comes from here, for one purpose, under the key of one reviewer.
fn proof(reviewer: &Reviewer, purpose: &str, text: &str) -> Hmac<Sha256> {
    let key = keyed(&reviewer.digest)
        .chain_update("vestibule review session")
        .finalize();
    let key: [u8; 32] = key.into_bytes().into();
    keyed(&key).chain_update(purpose).chain_update([0]).chain_update(text)
}

/// HMAC pads a short key with zeros to its block, so that doing it here changes nothing, and cannot fail.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "9f86d081884c7d659a2feaa0c55ad015";
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn reviewers(token: &str) -> Reviewers {
        Reviewers::parse(&format!("rita:{token}\nRob Ö:n4bQgYhMfWWaL-qgxVrQFa")).unwrap()
    }

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())])
    }

    fn resumes(reviewers: &Reviewers, cookie: &str, now: Timestamp) -> bool {
        Session::resume(reviewers, &headers(cookie), now).is_some()
    }

    #[test]
    fn a_session_ends_after_eight_hours_and_with_its_token() {
        let known = reviewers(TOKEN);
        let value = Session::begin(known.by_name("Rob Ö").unwrap(), NOW).unwrap().value;
        let cookie = format!("a=b; vestibule_review={value}; c");
        let end = NOW.plus(SESSION_LIFE);
        assert!(resumes(&known, &cookie, NOW) && resumes(&known, &cookie, Timestamp::from_millis(end.as_millis() - 1)));
        assert!(!resumes(&known, &cookie, end));
        let cookie = format!(
            "vestibule_review={}",
            Session::begin(known.by_name("rita").unwrap(), NOW).unwrap().value
        );
        assert!(resumes(&known, &cookie, NOW));
        assert!(!resumes(&reviewers("af86d081884c7d659a2feaa0c55ad015"), &cookie, NOW));
    }

    #[test]
    fn no_byte_of_a_session_can_be_changed() {
        let known = reviewers(TOKEN);
        let value = Session::begin(known.by_name("rita").unwrap(), NOW).unwrap().value;
        for place in 0..value.len() {
            let mut bytes = value.clone().into_bytes();
            bytes[place] = if bytes[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(
                !resumes(&known, &format!("vestibule_review={changed}"), NOW),
                "{changed}"
            );
        }
        let (claims, _) = value.rsplit_once('.').unwrap();
        for changed in ["", ".", "...", claims, &format!("{claims}.")] {
            assert!(
                !resumes(&known, &format!("vestibule_review={changed}"), NOW),
                "{changed}"
            );
        }
    }

    #[test]
    fn a_form_belongs_to_one_session() {
        let known = reviewers(TOKEN);
        let rita = known.by_name("rita").unwrap();
        let (one, other) = (Session::begin(rita, NOW).unwrap(), Session::begin(rita, NOW).unwrap());
        assert!(one.issued(&one.form_secret()));
        let (_, session_proof) = one.value.rsplit_once('.').unwrap();
        for secret in ["", "00", &other.form_secret(), session_proof] {
            assert!(!one.issued(secret), "{secret}");
        }
    }
}

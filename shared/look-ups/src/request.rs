//! The request that a call becomes, with its secrets in it.

use form_urlencoded::Serializer;
use http::{HeaderName, Method as HttpMethod, header::ACCEPT};
use outgoing::{Request, Url};
use policy::outside::{Body, Call, Filled, Method, NoAnswer, Piece};
use secrets::{PlainText, SecretRef, Secrets};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Tells the other end that a call which comes twice is one:
/// <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The request, if all its secrets can be read and it can be sent.
pub(crate) async fn of(call: &Call, secrets: &Secrets) -> Result<Request, NoAnswer> {
    let unsent = |why: String| NoAnswer::NotSent(format!("`{}`: {why}", call.name));
    let url: Url = call.url.parse().map_err(|_| unsent("its address is none".to_owned()))?;
    let mut request = with_body(call, url, secrets).await.map_err(unsent)?;
    request = set(request, ACCEPT, JSON).map_err(unsent)?;
    if let Some(key) = &call.idempotency_key {
        request = set(request, IDEMPOTENCY_KEY, &key.to_string()).map_err(unsent)?;
    }
    for (name, value) in &call.headers {
        let value = filled(value, secrets).await.map_err(unsent)?;
        let name = name
            .parse()
            .map_err(|_| unsent("the name of a header is none".to_owned()))?;
        request = set(request, name, &value).map_err(unsent)?;
    }
    Ok(request)
}

async fn with_body(call: &Call, url: Url, secrets: &Secrets) -> Result<Request, String> {
    let method = match call.method {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Put => HttpMethod::PUT,
    };
    Ok(match &call.body {
        None => Request::without_body(method, url),
        Some(Body::Json(text)) => Request::with_body(method, url, JSON, text.clone()),
        Some(Body::Form(fields)) => {
            let mut form = Vec::with_capacity(fields.len());
            for (name, value) in fields {
                form.push((name, filled(value, secrets).await?));
            }
            let text = Serializer::new(String::new()).extend_pairs(form).finish();
            Request::with_body(method, url, FORM, text)
        }
    })
}

/// Claims and secrets come from others: none of them may end a header and begin another.
fn set(request: Request, name: HeaderName, value: &str) -> Result<Request, String> {
    let wanted = format!("wanted a value without control characters for the header `{name}`");
    match value.chars().any(char::is_control) {
        true => Err(wanted),
        false => request.header(name, value).map_err(|_| wanted),
    }
}

/// A text with its secrets. Only a reference says where one is: the policy can be read by many.
async fn filled(Filled(pieces): &Filled, secrets: &Secrets) -> Result<String, String> {
    let mut whole = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Secret(reference) => {
                let reference = SecretRef::parse(reference, PlainText::Refuse).map_err(|bad| bad.to_string())?;
                let secret = secrets.read(&reference).await.map_err(|error| error.to_string())?;
                whole.push_str(secret.expose());
            }
        }
    }
    Ok(whole)
}

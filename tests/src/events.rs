//! What the services in front of Lambda make of a request, and what they make of a function's answer. Shapes and
//! encodings are those that AWS documents; where the services differ, so do the events here.

use crate::http::{Headers, Request, Response, percent_encode};
use crate::random;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::parse_borrowed;

const STAGE: &str = "prod";
const SOURCE: &str = "203.0.113.7";
const ACCOUNT: &str = "123456789012";

/// A service that invokes a function for an HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// API Gateway, HTTP API, payload 2.0, with a stage in the path.
    HttpApi,
    /// API Gateway, REST API, with a stage and without binary media types.
    RestApi,
    /// A Lambda function URL.
    FunctionUrl,
    /// An Application Load Balancer whose target group has multi-value headers off or on.
    LoadBalancer {
        /// The target group's `lambda.multi_value_headers.enabled`.
        multi_value: bool,
    },
}

impl Caller {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::HttpApi,
        Self::RestApi,
        Self::FunctionUrl,
        Self::LoadBalancer { multi_value: false },
        Self::LoadBalancer { multi_value: true },
    ];

    /// The event that this service makes of a request.
    pub fn event(self, request: &Request) -> Value {
        match self {
            Self::HttpApi => version_2(request, &format!("/{STAGE}{}", request.path), STAGE),
            Self::FunctionUrl => version_2(request, &request.path, "$default"),
            Self::RestApi => version_1(request),
            Self::LoadBalancer { multi_value } => load_balancer(request, multi_value),
        }
    }

    /// What the service's client sees of a function's answer: 502 where the service does not understand it.
    pub fn response(self, answer: &[u8]) -> Response {
        let answer = serde_json::from_slice(answer).ok();
        let response = answer.and_then(|answer: Value| match self {
            Self::HttpApi | Self::FunctionUrl => read_version_2(&answer),
            Self::RestApi => read_version_1(&answer),
            Self::LoadBalancer { multi_value } => read_load_balancer(&answer, multi_value),
        });
        response.unwrap_or_else(|| Response {
            status: 502,
            headers: Headers::from_iter([("content-type", "application/json")]),
            body: br#"{"message":"Internal server error"}"#.to_vec(),
        })
    }

    /// The host name in the events.
    fn host(self) -> &'static str {
        match self {
            Self::HttpApi | Self::RestApi => "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            Self::FunctionUrl => "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws",
            Self::LoadBalancer { .. } => "gate-0123456789.eu-west-1.elb.amazonaws.com",
        }
    }
}

fn version_2(request: &Request, path: &str, stage: &str) -> Value {
    let caller = if stage == STAGE {
        Caller::HttpApi
    } else {
        Caller::FunctionUrl
    };
    let host = caller.host();
    let mut headers = forwarded(request, host);
    let cookies: Vec<_> = headers
        .all("cookie")
        .flat_map(|line| line.split("; "))
        .map(Value::from)
        .collect();
    headers.remove("cookie");
    let now = OffsetDateTime::now_utc();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query_string(),
        "headers": joined(lower(&headers)),
        "requestContext": {
            "accountId": if caller == Caller::HttpApi { ACCOUNT } else { "anonymous" },
            "apiId": host.split('.').next(),
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE,
                "userAgent": headers.get("user-agent"),
            },
            "requestId": random::uuid(),
            "routeKey": "$default",
            "stage": stage,
            "time": clf_time(now),
            "timeEpoch": milliseconds(now),
        },
        "isBase64Encoded": false,
    });
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if !request.query.is_empty() {
        event["queryStringParameters"] =
            joined(request.query.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    if !request.body.is_empty() {
        set_body(&mut event, request, sends_text(request));
    }
    event
}

fn version_1(request: &Request) -> Value {
    let host = Caller::RestApi.host();
    let headers = forwarded(request, host);
    let now = OffsetDateTime::now_utc();
    let pairs = || request.query.iter().map(|(name, value)| (name.clone(), value.clone()));
    let mut event = json!({
        "resource": "/{proxy+}",
        "path": request.path,
        "httpMethod": request.method,
        "headers": last(own(&headers)),
        "multiValueHeaders": every(own(&headers)),
        "queryStringParameters": null_if_empty(last(pairs())),
        "multiValueQueryStringParameters": null_if_empty(every(pairs())),
        "pathParameters": { "proxy": request.path.trim_start_matches('/') },
        "stageVariables": null,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": host.split('.').next(),
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "httpMethod": request.method,
            "identity": {
                "accessKey": null,
                "accountId": null,
                "caller": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "sourceIp": SOURCE,
                "user": null,
                "userAgent": headers.get("user-agent"),
                "userArn": null,
            },
            "path": format!("/{STAGE}{}", request.path),
            "protocol": "HTTP/1.1",
            "requestId": random::uuid(),
            "requestTime": clf_time(now),
            "requestTimeEpoch": milliseconds(now),
            "resourceId": "2gxmpl",
            "resourcePath": "/{proxy+}",
            "stage": STAGE,
        },
        "body": null,
        "isBase64Encoded": false,
    });
    if !request.body.is_empty() {
        // Without binary media types every body is text to a REST API.
        set_body(&mut event, request, std::str::from_utf8(&request.body).is_ok());
    }
    event
}

fn load_balancer(request: &Request, multi_value: bool) -> Value {
    let headers = forwarded(request, Caller::LoadBalancer { multi_value }.host());
    // The one service that hands query values on as they stand in the URL.
    let pairs = || {
        request
            .query
            .iter()
            .map(|(name, value)| (percent_encode(name), percent_encode(value)))
    };
    let group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/gate/6d0ecf831eec9f09";
    let mut event = json!({
        "requestContext": { "elb": { "targetGroupArn": group } },
        "httpMethod": request.method,
        "path": request.path,
        "body": "",
        "isBase64Encoded": false,
    });
    if multi_value {
        event["multiValueQueryStringParameters"] = every(pairs());
        event["multiValueHeaders"] = every(lower(&headers));
    } else {
        event["queryStringParameters"] = last(pairs());
        event["headers"] = last(lower(&headers));
    }
    set_body(&mut event, request, sends_text(request));
    event
}

fn read_version_2(answer: &Value) -> Option<Response> {
    let mut headers = single_headers(&answer["headers"]);
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        headers.add("set-cookie", cookie.as_str()?);
    }
    Some(Response {
        status: status(answer)?,
        headers,
        body: body(answer)?,
    })
}

fn read_version_1(answer: &Value) -> Option<Response> {
    let multiple = multiple_headers(&answer["multiValueHeaders"]);
    let mut headers = single_headers(&answer["headers"]);
    for (name, _) in multiple.iter() {
        headers.remove(name);
    }
    multiple.iter().for_each(|(name, value)| headers.add(name, value));
    // Without binary media types a REST API hands base64 on as it is, whatever `isBase64Encoded` says.
    let body = answer["body"].as_str().unwrap_or_default().into();
    Some(Response {
        status: status(answer)?,
        headers,
        body,
    })
}

fn read_load_balancer(answer: &Value, multi_value: bool) -> Option<Response> {
    let headers = match multi_value {
        true => multiple_headers(&answer["multiValueHeaders"]),
        false => single_headers(&answer["headers"]),
    };
    Some(Response {
        status: status(answer)?,
        headers,
        body: body(answer)?,
    })
}

fn status(answer: &Value) -> Option<u16> {
    answer["statusCode"].as_u64()?.try_into().ok()
}

fn body(answer: &Value) -> Option<Vec<u8>> {
    let text = answer["body"].as_str().unwrap_or_default();
    if answer["isBase64Encoded"] == true {
        BASE64_STANDARD.decode(text).ok()
    } else {
        Some(text.into())
    }
}

fn single_headers(headers: &Value) -> Headers {
    let fields = headers.as_object().into_iter().flatten();
    fields
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect()
}

fn multiple_headers(headers: &Value) -> Headers {
    let fields = headers.as_object().into_iter().flatten();
    fields
        .flat_map(|(name, values)| values.as_array().into_iter().flatten().map(move |value| (name, value)))
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect()
}

/// The request's headers with those that every service adds.
fn forwarded(request: &Request, host: &str) -> Headers {
    let mut headers = request.headers.clone();
    let length = request.body.len().to_string();
    let mut add = |name: &str, value: &str| {
        if headers.get(name).is_none() {
            headers.add(name, value);
        }
    };
    add("Host", host);
    add("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793");
    add("X-Forwarded-For", SOURCE);
    add("X-Forwarded-Port", "443");
    add("X-Forwarded-Proto", "https");
    if !request.body.is_empty() {
        add("Content-Length", &length);
    }
    headers
}

/// Whether HTTP APIs, function URLs and load balancers pass a body on as text: by its content type, not its bytes.
fn sends_text(request: &Request) -> bool {
    let kind = request
        .headers
        .get("content-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let text = kind.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&kind.as_str());
    text && request.headers.get("content-encoding").is_none() && std::str::from_utf8(&request.body).is_ok()
}

fn set_body(event: &mut Value, request: &Request, as_text: bool) {
    event["isBase64Encoded"] = (!as_text).into();
    event["body"] = match as_text {
        true => String::from_utf8_lossy(&request.body).into(),
        false => BASE64_STANDARD.encode(&request.body).into(),
    };
}

fn own(headers: &Headers) -> impl Iterator<Item = (String, String)> {
    headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn lower(headers: &Headers) -> impl Iterator<Item = (String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
}

/// Repeated names joined by commas.
fn joined(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        let value = match map.get(&name).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        map.insert(name, value.into());
    }
    map.into()
}

/// Of a repeated name the last one.
fn last(pairs: impl Iterator<Item = (String, String)>) -> Value {
    pairs
        .map(|(name, value)| (name, Value::from(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// A list for each name.
fn every(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        if let Value::Array(values) = map.entry(name).or_insert_with(|| json!([])) {
            values.push(value.into());
        }
    }
    map.into()
}

fn null_if_empty(map: Value) -> Value {
    if map.as_object().is_some_and(Map::is_empty) {
        Value::Null
    } else {
        map
    }
}

fn clf_time(now: OffsetDateTime) -> String {
    let format = parse_borrowed::<2>("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let format = format.expect("a format that parses");
    now.format(&format).expect("a time in range")
}

fn milliseconds(now: OffsetDateTime) -> i64 {
    now.unix_timestamp() * 1000 + i64::from(now.millisecond())
}

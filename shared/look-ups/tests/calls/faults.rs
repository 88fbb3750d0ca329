//! Other systems that fail, each in its way. What is said of it holds neither address nor claim nor reply.

use std::{sync::Arc, time::Duration};

use outgoing::Reach;
use policy::outside::{Call, Outside};
use tokio::{net::TcpListener, sync::Semaphore, time::Instant};

use crate::{
    house::{found, get, here, look_ups, not_sent, perhaps_sent},
    server::{Act, Server, json, reply},
};

#[tokio::test]
async fn a_status_is_no_answer_and_the_call_may_have_counted_unless_it_was_refused() {
    for (status, headers, refused) in [
        ("400 Bad", "", true),
        ("401 Who", "", true),
        ("403 No", "", true),
        ("408 Slow", "", false),
        ("409 Conflict", "", false),
        ("422 What", "", true),
        ("429 Slow", "retry-after: 1\r\n", true),
        ("500 Oh", "", false),
        ("503 Busy", "retry-after: 1\r\n", false),
    ] {
        let server = Server::new([reply(status, headers, "jane hunter2")]).await;
        let came = here().call(&jane(&server)).await;
        let why = match refused {
            true => not_sent(came),
            false => perhaps_sent(came),
        };
        assert_eq!(why, format!("`crm` answered with status {}", &status[..3]));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inside = Server::new([json(r#"{"tier": "gold"}"#)]).await;
    for status in ["301", "302", "303", "307", "308"] {
        let to = format!("location: {}\r\n", inside.url("/"));
        let server = Server::new([reply(&format!("{status} Go"), &to, "")]).await;
        let why = perhaps_sent(here().call(&jane(&server)).await);
        assert_eq!(
            why,
            format!("`crm` answered with a redirect (status {status}), which is not followed")
        );
    }
    assert_eq!(inside.count(), 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let inside = Server::new([json("{}")]).await;
    let closed = look_ups(Reach::Internet, &Arc::default());
    for url in [
        format!("https://localhost:{}/jane", inside.port()),
        format!("https://127.0.0.1:{}/jane", inside.port()),
        inside.url("/jane"),
        "https://169.254.169.254/jane".to_owned(),
        "https://[::ffff:10.0.0.1]/jane".to_owned(),
    ] {
        let why = not_sent(closed.call(&get(url)).await);
        assert!(
            why.starts_with("`crm`: the address is not one of the internet"),
            "{why}"
        );
    }
    assert_eq!(inside.count(), 0);
}

#[tokio::test]
async fn nonsense_is_no_answer() {
    let deep = "[".repeat(100) + &"]".repeat(100);
    for body in ["", "jane", "<html>jane</html>", r#"{"tier": "jane""#, r#"{} {}"#, &deep] {
        let server = Server::new([json(body)]).await;
        let why = perhaps_sent(here().call(&jane(&server)).await);
        assert_eq!(why, "`crm` answered what is no JSON");
    }
    for bytes in ["jane\r\n\r\n", "HTTP/1.1 jane\r\n\r\n"] {
        let server = Server::new([Act::Answer(bytes.to_owned())]).await;
        let why = perhaps_sent(here().call(&jane(&server)).await);
        assert_eq!(why, "`crm`: the connection ended or spoke no HTTP");
    }
}

#[tokio::test]
async fn what_is_huge_is_not_read() {
    let fits = format!(r#"{{"tier": "gold", "x": "{}"}}"#, "x".repeat(970));
    let server = Server::new([json(&fits), json(&format!("{fits} ")), endless()]).await;
    let call = Call {
        most_bytes: fits.len(),
        ..jane(&server)
    };
    assert_eq!(here().call(&call).await, found("gold"));
    for _ in 0..2 {
        let why = perhaps_sent(here().call(&call).await);
        assert_eq!(why, format!("`crm` answered more than {} bytes", fits.len()));
    }
}

#[tokio::test]
async fn an_end_that_closes_midway_may_have_counted() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"tier\": \"jane\"",
    ] {
        let server = Server::new([Act::Answer(bytes.to_owned())]).await;
        let why = perhaps_sent(here().call(&jane(&server)).await);
        assert_eq!(why, "`crm`: the connection ended or spoke no HTTP");
    }
}

#[tokio::test]
async fn nobody_there_means_that_nothing_was_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let why = not_sent(here().call(&get(format!("http://{closed}/jane"))).await);
    assert_eq!(why, "`crm`: nobody answered at the address");
}

#[tokio::test]
async fn an_end_that_takes_too_long_may_have_counted() {
    let server = Server::new([Act::Silence]).await;
    let call = Call {
        deadline: Duration::from_secs(2),
        ..jane(&server)
    };
    let why = perhaps_sent(here().call(&call).await);
    assert_eq!(why, "`crm` did not answer in time, 2000 ms");
    assert_eq!(server.count(), 1);
}

/// A TLS handshake that nobody answers: nothing of the call has left.
#[tokio::test]
async fn an_end_that_takes_too_long_to_connect_did_not_count() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let call = Call {
        deadline: Duration::from_millis(100),
        ..get(format!("https://{}/jane", silent.local_addr().unwrap()))
    };
    let why = not_sent(here().call(&call).await);
    assert_eq!(why, "`crm` did not answer in time, 100 ms");
}

/// By a clock that stands still while anybody has something to do: no machine is too slow for it.
#[tokio::test(start_paused = true)]
async fn a_call_takes_its_deadline_and_no_longer() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for (retries, millis) in [(false, 600), (false, 1400), (true, 600), (true, 1400)] {
        let deadline = Duration::from_millis(millis);
        let call = Call {
            retries,
            deadline,
            ..get(format!("https://{}/jane", silent.local_addr().unwrap()))
        };
        let began = Instant::now();
        here().call(&call).await.unwrap_err();
        let took = began.elapsed();
        assert!(
            deadline <= took && took < deadline + Duration::from_millis(5),
            "{took:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_after_the_deadline_is_none() {
    let told = Arc::new(Semaphore::new(0));
    let Act::Answer(late) = json(r#"{"tier": "late"}"#) else {
        unreachable!()
    };
    let server = Server::new([Act::WhenTold(told.clone(), late), json(r#"{"tier": "next"}"#)]).await;
    let look_ups = here();
    let call = Call {
        deadline: Duration::from_secs(2),
        cache: Some(Duration::from_secs(60)),
        ..jane(&server)
    };
    perhaps_sent(look_ups.call(&call).await);
    told.add_permits(1);
    assert_eq!(look_ups.call(&call).await, found("next"));
}

fn jane(server: &Server) -> Call {
    get(server.url("/people/jane?code=hunter2"))
}

fn endless() -> Act {
    Act::Answer(format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
        "x".repeat(100_000)
    ))
}

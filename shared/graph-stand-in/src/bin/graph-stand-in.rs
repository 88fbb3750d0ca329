//! `graph-stand-in [PORT]`: the stand-in for people to try things out, 8090 by default. `GET /directory` shows what is
//! in it.
#![allow(clippy::expect_used, clippy::print_stdout)] // A tool: it says what to paste and ends when something is wrong.

use std::{env, sync::Arc, thread};

use graph_stand_in::{CLIENT_ID, DOMAIN, GraphStandIn, SECRET};
use store::SystemClock;

fn main() {
    let port = env::args()
        .nth(1)
        .map_or(8090, |text| text.parse().expect("a port's number"));
    let stand_in = GraphStandIn::start_at(port, Arc::new(SystemClock));
    println!("export VESTIBULE_GRAPH_URL={}", stand_in.url());
    println!("export VESTIBULE_GRAPH_TENANT={DOMAIN} VESTIBULE_GRAPH_DOMAIN={DOMAIN}");
    println!("export VESTIBULE_GRAPH_CLIENT_ID={CLIENT_ID}");
    println!("export VESTIBULE_GRAPH_CREDENTIAL='secret:{SECRET}'");
    println!("export VESTIBULE_INVITE_REDIRECT_URL=https://app.contoso.example/");
    println!("# what is in it: curl {}/directory", stand_in.url());
    loop {
        thread::park();
    }
}

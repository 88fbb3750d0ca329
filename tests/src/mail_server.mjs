// A mail server for tests: `smtp-server` from npm. Takes its settings as JSON in its argument and prints a line of JSON
// for each event: listening, each connection, each letter as `mailparser` reads it.
//
// The first part of a recipient's address says what happens to the letter:
//   greylisted…  451 4.7.1 the first time      unknown  550 5.1.1      full    552 5.2.2
//   closed       the connection, mid-way       slow     no answer to the letter
import { SMTPServer } from "smtp-server";
import { simpleParser } from "mailparser";

const { port, tls, key, cert, user, password, smtputf8 } = JSON.parse(process.argv[2]);
const print = (event) => process.stdout.write(JSON.stringify(event) + "\n");
const refuse = (responseCode, message) => Object.assign(new Error(message), { responseCode });
const known = new Set();

const refusals = {
  unknown: () => refuse(550, "5.1.1 <unknown@hidden.example>: no such mailbox"),
  full: () => refuse(552, "5.2.2 <full@hidden.example>: mailbox full"),
};

function onRcptTo({ address }, session, done) {
  const local = address.split("@")[0];
  if (local.startsWith("greylisted") && !known.has(address)) {
    known.add(address);
    return done(refuse(451, `4.7.1 <${address}>: come back later`));
  }
  done(refusals[local]?.());
}

// As a crash would, in the middle of a letter.
function hangUp({ id }) {
  for (const connection of server.connections) if (connection.id === id) connection._socket.destroy();
}

async function onData(stream, session, done) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const to = session.envelope.rcptTo.map(({ address }) => address);
  if (to[0].startsWith("closed")) return hangUp(session);
  if (to[0].startsWith("slow")) return print({ slow: true });
  const raw = Buffer.concat(chunks);
  const { subject, text, html, headerLines } = await simpleParser(raw);
  const headers = headerLines.map(({ line }) => line);
  const from = session.envelope.mailFrom.address;
  const { secure, user } = session;
  print({ mail: { from, to, subject, text, html, headers, raw: raw.toString(), secure, user: user ?? null } });
  done();
}

const server = new SMTPServer({
  secure: tls === "implicit",
  hideSTARTTLS: tls !== "starttls",
  hideSMTPUTF8: !smtputf8,
  disableReverseLookup: true,
  authOptional: !user,
  allowInsecureAuth: true,
  ...(key && { key, cert }),
  onAuth: (auth, session, done) =>
    auth.username === user && auth.password === password
      ? done(null, { user })
      : done(refuse(535, "5.7.8 wrong user or password")),
  onConnect: (session, done) => {
    print({ connection: session.id });
    done();
  },
  onRcptTo,
  // A client that is gone in the middle of a letter is no reason to end.
  onData: (stream, session, done) => onData(stream, session, done).catch(() => hangUp(session)),
});
server.on("error", () => {}); // Of a connection: the test sees its own end of it.
server.listen(port, "127.0.0.1", () => print({ listening: true }));

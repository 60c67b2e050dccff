// What waits to be saved. An answer is kept in this browser from the moment it changes until the server says that it is
// saved: across a lost connection, a closed lid and a restart of the server.
//
// What is kept is bound to the person and the attempt. It is sent only while that person is the last who signed in here,
// in the order in which it was written, each answer with a key (tab and number) that lets it in once.

const PREFIX = "elearn.answer:";
const PERSON = "elearn.person"; // whose page this browser has opened last
const PATIENCE = 15_000; // milliseconds that a server may take to answer
const LONGEST_WAIT = 30_000; // milliseconds between two tries without a connection
const KEPT = 30 * 24 * 3600 * 1000; // what nobody has come back for in so long belongs to an attempt long closed
const EVERY = 1000; // milliseconds between two saves of a page, at the least

export const person = document.querySelector("form[data-person]")?.dataset.person ?? "";

// -- keeping ---------------------------------------------------------------------------------------------------------

const memory = new Map(); // where the browser allows no storage, or has no room, the page itself keeps what waits
const storage = (() => {
  try {
    localStorage.setItem(PREFIX, "");
    localStorage.removeItem(PREFIX);
    return localStorage;
  } catch {
    return null;
  }
})();

const keys = () => [...new Set([...Object.keys(storage ?? {}), ...memory.keys()])].filter((key) => key.startsWith(PREFIX));

export const keyOf = (attempt, number) => `${PREFIX}${person}:${attempt}:${number}`;

export const read = (key) => {
  try {
    return JSON.parse(memory.get(key) ?? storage.getItem(key));
  } catch {
    return null;
  }
};

export const drop = (key) => {
  storage?.removeItem(key);
  memory.delete(key);
};

export const keep = (key, entry) => {
  const text = JSON.stringify(entry);
  try {
    storage.setItem(key, text);
    memory.delete(key);
  } catch {
    memory.set(key, text);
  }
};

/** Whether two entries are one answer of one page. */
export const isSame = (one, other) => Boolean(one && other) && one.tab === other.tab && one.number === other.number;

/** What waits for this person, as keys with entries, oldest first; `attempt` narrows it. */
export const waiting = (attempt = "") =>
  keys()
    .filter((key) => person && key.startsWith(`${PREFIX}${person}:${attempt}`))
    .map((key) => [key, read(key)])
    .filter(([, entry]) => entry)
    .sort(([, a], [, b]) => a.at - b.at);

// -- sending ---------------------------------------------------------------------------------------------------------

/** Send one answer; gives what the server said, or `{state: "lost"}` where the server could not be asked. */
const send = async (entry) => {
  const body = new URLSearchParams(entry.fields);
  body.set("tab", entry.tab);
  body.set("number", String(entry.number));
  if (entry.held) body.set("held", entry.held);
  try {
    const response = await fetch(entry.address, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error",
      keepalive: true, // it arrives although the page is left
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.headers.get("Content-Type")?.startsWith("application/json")) return await response.json();
    const refused = response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status);
    return { state: refused ? "refused" : "lost" }; // the page of a hotel's network is not our server's answer
  } catch {
    return { state: "lost" };
  }
};

let aside = new Map(); // by key: the entry that the server did not take; it is not sent again by itself from this page
const listeners = [];
const channel = new BroadcastChannel("elearn.answers"); // one page sends what several wait for
const tell = (news) => {
  for (const listener of listeners) listener(...news);
};
channel.addEventListener("message", ({ data }) => tell(data));
const publish = (...news) => {
  tell(news);
  channel.postMessage(news);
};

/** Be told (key, what the server said, entry) of each try, whichever page of this browser made it. */
export const listen = (listener) => listeners.push(listener);

const settle = (key, entry, said) => {
  if (!isSame(read(key), entry)) return; // it has changed again meanwhile, or is settled
  if (said.state === "saved" || said.state === "closed") drop(key);
  else if (said.state === "signed-out" && said.held) keep(key, { ...entry, held: said.held });
  else if (said.state !== "lost") aside.set(key, entry);
};

/** Send all that waits, in order, one at a time; ends at the first answer that could not be delivered. */
const sendAll = async () => {
  for (const [key] of waiting()) {
    const entry = read(key);
    if (!entry || isSame(aside.get(key), entry)) continue;
    const isOurs = (storage?.getItem(PERSON) ?? person) === person;
    const said = isOurs ? await send(entry) : { state: "another" };
    if (isOurs) settle(key, entry, said);
    if (!["lost", "signed-out", "another"].includes(said.state)) {
      publish(key, said, entry);
      continue;
    }
    for (const [other, stuck] of waiting()) publish(other, said, stuck); // what comes after it waits as well
    return said.state;
  }
  return "";
};

let busy = null; // the sending that goes on
let tries = 0;
let timer = 0;
let last = -Infinity;

const startIn = (milliseconds) => {
  clearTimeout(timer);
  timer = setTimeout(start, milliseconds);
};

/** Send as soon as the last time is long enough ago. */
export const startSoon = () => startIn(Math.max(0, last + EVERY - performance.now()));

/** Send now, or join the sending that goes on; what changes meanwhile is sent a moment later. */
export const start = () => {
  if (busy) return busy;
  clearTimeout(timer);
  last = performance.now();
  busy = (async () => {
    let trouble = "lost";
    try {
      trouble = navigator.locks ? await navigator.locks.request("elearn.answers", sendAll) : await sendAll();
    } finally {
      busy = null;
      tries = trouble === "lost" ? tries + 1 : 0;
      if (trouble === "lost") startIn(Math.min(LONGEST_WAIT, EVERY * 2 ** Math.min(tries, 5)));
      else if (!trouble && waiting().some(([key, entry]) => !isSame(aside.get(key), entry))) startSoon();
    }
  })();
  return busy;
};

/** Send all now, after what is being sent, and what was set aside too: somebody asks for it. */
export const startAgain = async () => {
  await busy;
  aside = new Map();
  await start();
};

for (const key of keys()) if (!(Date.now() - (read(key)?.at ?? 0) < KEPT)) drop(key);
if (person) {
  try {
    storage?.setItem(PERSON, person);
  } catch {
    // full: the server refuses what is not its person's
  }
  addEventListener("online", start);
  addEventListener("visibilitychange", () => {
    if (waiting().length) start();
  });
  addEventListener("beforeunload", (event) => {
    if (memory.size) event.preventDefault(); // nothing but this page has them
  });
}

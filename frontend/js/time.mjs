// Count down what is left of a timed attempt. The server's clock decides; this only tells.

const HIDDEN = "elearn.time-hidden"; // once hidden, it stays so on the pages of this tab
const MINUTE = 60_000;

const place = document.querySelector("[data-time]");
if (place) {
  const left = place.querySelector("[data-left]");
  const told = place.querySelector("[data-told]");
  const ends = Date.parse(place.dataset.ends);
  const atFirst = ends - Date.parse(place.dataset.now); // not by the clock of this machine
  const whole = ends - Date.parse(place.dataset.started);
  const [opened, openedAt] = [performance.now(), Date.now()];
  // A machine that sleeps may stop the first of them; somebody may set the second back.
  const passed = () => Math.max(performance.now() - opened, Date.now() - openedAt);
  // Told once each, politely: a page tells only what comes after it was opened.
  const marks = [...new Set([whole / 2, 5 * MINUTE, MINUTE])].filter((mark) => mark < atFirst).sort((a, b) => b - a);

  const words = (milliseconds) => {
    const minutes = Math.ceil(milliseconds / MINUTE);
    if (milliseconds < MINUTE - 1500) return "Less than a minute left.";
    return `${minutes} ${minutes === 1 ? "minute" : "minutes"} left.`;
  };

  const button = Object.assign(document.createElement("button"), { type: "button", className: "app-link-button" });
  const hide = (hidden) => {
    left.hidden = hidden;
    button.textContent = hidden ? "Show the time left" : "Hide the time left";
    try {
      sessionStorage.setItem(HIDDEN, hidden ? "yes" : "");
    } catch {
      // then each page asks anew
    }
  };
  const wasHidden = () => {
    try {
      return sessionStorage.getItem(HIDDEN) === "yes";
    } catch {
      return false;
    }
  };
  button.addEventListener("click", () => hide(!left.hidden));
  hide(wasHidden());
  left.after(" ", button);

  const tick = () => {
    const remaining = atFirst - passed();
    const now = words(remaining);
    if (left.textContent !== now) left.textContent = now;
    let isMark = false;
    while (marks.length && remaining <= marks[0]) isMark = Boolean(marks.shift());
    if (isMark && !left.hidden) told.textContent = now; // who hides the time is not told of it
    if (remaining > -2000 || !navigator.onLine) setTimeout(tick, 1000);
    else location.assign(place.dataset.over); // what was chosen is saved or kept by now, as every change is
  };
  tick();
}

// All of our script: every page works without it.

const PAUSE = 4000; // milliseconds in which a second press of the same form is ignored

// After a post, bring the reader to what is wrong, or else to what came of it, unless the address names a place.
const errors = document.querySelector(".nhsuk-error-summary");
const outcome = errors ?? (location.hash ? null : document.querySelector(".nhsuk-notification-banner"));
if (outcome) {
  outcome.tabIndex = -1; // not in the markup: it takes the focus only this once
  outcome.addEventListener("blur", () => outcome.removeAttribute("tabindex"), { once: true });
  outcome.focus();
}

// A double click must not send a form twice. The buttons are not disabled: a disabled button loses
// the focus, and its name and value would not be sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-once]")) return;
  const sent = Number(form.dataset.sentAt ?? -Infinity);
  if (event.timeStamp - sent < PAUSE) event.preventDefault();
  else form.dataset.sentAt = String(event.timeStamp);
});

// A link that is told as a button answers to the space key as a button does. Without this script Enter follows it.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches('a[role="button"]')) return;
  event.preventDefault(); // the page would scroll
  event.target.click();
});

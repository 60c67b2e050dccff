// Remember the heading that is being read, so that "Go on" brings the reader back to it on any device. Without this
// script "Go on" leads to the lesson's beginning.

const EVERY = 5000; // milliseconds between two notes, at the least

const lesson = document.querySelector("article[data-place]");
const token = document.querySelector("input[name=csrf_token]");
if (lesson && token) {
  const headings = [...lesson.querySelectorAll("h2[id], section.app-check[id]")].filter(
    (place) => !place.closest(".app-objectives, .app-opening, .app-key-points, .app-sources"), // not places of the lesson's text
  );
  let noted = "";
  let last = 0;
  let timer = 0;

  const current = () => headings.filter((place) => place.getBoundingClientRect().top < window.innerHeight / 2).at(-1)?.id ?? "";

  const note = () => {
    timer = 0;
    const anchor = current();
    if (!anchor || anchor === noted) return;
    noted = anchor;
    last = Date.now();
    const body = new URLSearchParams({ csrf_token: token.value, step: lesson.dataset.step, anchor });
    // A lost note costs nothing: the next one tells the same, or better.
    fetch(lesson.dataset.place, { method: "POST", body, keepalive: true, credentials: "same-origin" }).catch(() => {});
  };

  document.addEventListener("scroll", () => {
    timer ||= setTimeout(note, Math.max(0, last + EVERY - Date.now()));
  }, { passive: true });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") note();
  });
}

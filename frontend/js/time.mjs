// Count down what is left of a timed attempt. The server's clock decides; this only tells.

const place = document.querySelector("[data-time]");
if (place) {
  const left = place.querySelector("[data-left]");
  const told = place.querySelector("[data-told]");
  const opened = performance.now();
  const atFirst = Date.parse(place.dataset.ends) - Date.parse(place.dataset.now); // not by the clock of this machine
  const whole = Date.parse(place.dataset.ends) - Date.parse(place.dataset.started);
  const marks = [whole / 2, 5 * 60_000, 60_000].filter((mark) => mark < atFirst); // told once each, politely
  const words = (milliseconds) => {
    const minutes = Math.floor(milliseconds / 60_000);
    if (minutes >= 1) return `${minutes} ${minutes === 1 ? "minute" : "minutes"} left.`;
    return "Less than a minute left.";
  };

  const button = Object.assign(document.createElement("button"), { type: "button", className: "app-link-button", textContent: "Hide the time" });
  button.addEventListener("click", () => {
    left.hidden = !left.hidden;
    button.textContent = left.hidden ? "Show the time" : "Hide the time";
  });
  left.after(" ", button);

  const tick = () => {
    const remaining = atFirst - (performance.now() - opened);
    left.textContent = words(Math.max(0, remaining));
    if (marks.length && remaining <= marks[0]) {
      marks.shift();
      told.textContent = words(remaining);
    }
    if (remaining > -2000) setTimeout(tick, 1000);
    else location.assign(place.dataset.over); // what was chosen is saved by now, as every change is
  };
  tick();
}

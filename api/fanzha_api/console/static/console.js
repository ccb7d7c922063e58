// The console works without this file: it adds shortcuts, and progress without reloading.
"use strict";

const writing = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

function go(step) {
  const items = [...document.querySelectorAll(".item")];
  if (!items.length) return;
  const at = items.indexOf(document.activeElement?.closest(".item"));
  const next = items[Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(name) {
  const item = document.activeElement?.closest(".item");
  const button = item?.querySelector(`[data-key="${name}"]`);
  if (!button) return false;
  if (button.tagName === "DETAILS") {
    button.open = true;
    button.querySelector("input, textarea")?.focus();
  } else button.click();
  return true;
}

let going = false;
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest("form[data-send]")?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  if (going) {
    going = false;
    // As on the keyboard, 0 comes after 9.
    const link = document.querySelectorAll(".top nav a")[(Number(event.key) + 9) % 10];
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (event.key === "g") { going = true; return; }
  if (event.key === "?") document.getElementById("keys")?.showModal();
  else if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (!"yne".includes(event.key) || event.key.length !== 1 || !press(event.key)) return;
  event.preventDefault();
});

// What was decided stays in view: the next post has the focus.
const first = document.querySelector(".item[data-first]");
if (first && !location.hash) first.focus({ preventScroll: true });
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

async function refresh() {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "console" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById(live.id);
    if (next && !live.contains(document.activeElement)) live.replaceWith(next);
  } catch { /* The next turn tries again. */ }
  if (document.querySelector("[data-live]")) setTimeout(refresh, 1500);
}
setTimeout(refresh, 1000);

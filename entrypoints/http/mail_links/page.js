"use strict";

const form = document.querySelector("form");
const password = form.querySelector("#password");
const showsPassword = form.querySelector("#show");
const alertRegion = document.querySelector("[role=alert]");
const statusRegion = document.querySelector("[role=status]");
const texts = form.dataset;
const explained = JSON.parse(texts.problems);

let token = null;
let isBusy = false;

// Out of the address bar at once, so that no history, screenshot or sharing keeps it. Nothing is
// sent before the button is pressed: what only looks at links spends none.
function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  if (found) {
    token = found;
  }
  form.hidden = !token;
  alertRegion.textContent = token ? "" : texts.incomplete;
  statusRegion.textContent = "";
}

async function follow() {
  const body = { token };
  if (password) {
    body.new_password = password.value;
  }
  const response = await fetch(texts.action, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  });
  if (response.ok) {
    succeed();
  } else {
    refuse(await response.json());
  }
}

function succeed() {
  token = null;
  form.hidden = true;
  if (password) {
    password.value = "";
  }
  statusRegion.textContent = texts.done;
  statusRegion.focus();
}

function refuse(problem) {
  const [fault] = problem.errors || [];
  const isAboutPassword = fault?.field === "new_password";
  const code = isAboutPassword ? fault.code : problem.code;
  const detail = isAboutPassword ? `${texts.subject} ${fault.detail}` : problem.detail;
  statusRegion.textContent = "";
  alertRegion.textContent = explained[code] || detail;
  if (isAboutPassword) {
    password.setAttribute("aria-invalid", "true");
    password.focus();
  } else if (code === "invalid_token") {
    form.hidden = true;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isBusy) {
    return;
  }
  isBusy = true;
  alertRegion.textContent = "";
  statusRegion.textContent = texts.working;
  password?.removeAttribute("aria-invalid");
  try {
    await follow();
  } catch {
    statusRegion.textContent = "";
    alertRegion.textContent = texts.unreachable;
  } finally {
    isBusy = false;
  }
});

showsPassword?.addEventListener("change", () => {
  password.type = showsPassword.checked ? "text" : "password";
});

addEventListener("hashchange", takeToken);
takeToken();

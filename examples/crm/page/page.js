"use strict";
// The feed sends changes as they happen, and says when people, credits or deliveries may be others.
const feed = new EventSource("/feed?after=" + document.body.dataset.last);
feed.onmessage = (event) => {
  const change = JSON.parse(event.data);
  const line = document.createElement("li");
  for (const [tag, text] of [["time", change.At], ["b", change.Kind], ["span", change.Text]]) {
    const part = document.createElement(tag);
    part.textContent = text;
    line.append(part, " ");
  }
  document.getElementById("changes").prepend(line);
};
let asking = Promise.resolve();
feed.addEventListener("state", () => {
  asking = asking.then(() => fetch("/state")).then((response) => response.text()).then((text) => {
    document.getElementById("state").innerHTML = text; // the server has escaped what others wrote
  }).catch(() => {});
});

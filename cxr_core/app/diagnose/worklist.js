const PAUSE_MS = 150 // a key held down moves through the list; the film is fetched when it stops
const timers = new WeakMap()

function span(name, text) {
  const element = document.createElement("span")
  element.className = name
  element.textContent = text
  return element
}

function mark(list, index) {
  const rows = [...list.children]
  rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === index)))
  if (!rows[index]) return
  list.setAttribute("aria-activedescendant", rows[index].id)
  const [row, box] = [rows[index].getBoundingClientRect(), list.getBoundingClientRect()]
  if (row.top < box.top || row.bottom > box.bottom) list.scrollTop += row.top - box.top - box.height / 3
}

function draw({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".worklist")
  list.replaceChildren(...data.rows.map((row, i) => {
    const element = document.createElement("div")
    element.className = "row " + row.verdict
    element.id = "film-" + i
    element.setAttribute("role", "option")
    element.title = row.name
    element.dataset.sha256 = row.sha256
    element.append(span("sign", row.sign), span("word", row.word), span("number", row.number))
    element.append(span("name", row.name))
    element.firstChild.setAttribute("aria-hidden", "true")
    element.onclick = () => pick(i, 0)
    return element
  }))
  const place = data.rows.findIndex(row => row.key === data.chosen)
  mark(list, place)

  function pick(index, pause) {
    if (!data.rows[index]) return
    mark(list, index)
    clearTimeout(timers.get(parentElement))
    timers.set(parentElement, setTimeout(() => setTriggerValue("picked", data.rows[index].key), pause))
  }

  list.onkeydown = event => {
    const now = [...list.children].findIndex(row => row.getAttribute("aria-selected") === "true")
    const last = data.rows.length - 1
    const places = { ArrowDown: Math.min(now + 1, last), ArrowUp: Math.max(now - 1, 0), Home: 0, End: last }
    if (!(event.key in places)) return
    event.preventDefault()
    pick(places[event.key], PAUSE_MS)
  }
}

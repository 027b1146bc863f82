// Names and labels are set as text, never as markup.
function textElement(name, text) {
  const element = document.createElement("div")
  element.className = name
  element.textContent = text
  return element
}

function picture(film) {
  if (!film.picture) return textElement("picture broken", film.fault)
  const image = document.createElement("img")
  image.src = film.picture
  image.alt = film.alt
  const frame = textElement("picture", "")
  frame.append(image)
  return frame
}

function chooser(film, chosen, setStateValue) {
  const box = document.createElement("input")
  box.type = "checkbox"
  box.className = "choose"
  box.checked = chosen.has(film.path)
  box.setAttribute("aria-label", "Choose " + film.name)
  box.onchange = () => {
    if (box.checked) chosen.add(film.path)
    else chosen.delete(film.path)
    setStateValue("chosen", [...chosen])
  }
  return box
}

function draw({ data, parentElement, setTriggerValue, setStateValue }) {
  const grid = parentElement.querySelector(".films")
  const chosen = new Set(data.films.filter(film => film.chosen).map(film => film.path))
  grid.style.setProperty("--columns", data.columns)
  grid.replaceChildren(...data.films.map(film => {
    const item = document.createElement("div")
    item.className = "item"
    item.setAttribute("role", "listitem")
    const button = document.createElement("button")
    button.type = "button"
    button.className = "film " + (["NORMAL", "PNEUMONIA"].includes(film.label) ? film.label : "other")
    button.title = film.name
    button.setAttribute("aria-label", "Open " + film.name)
    button.append(picture(film), textElement("label", film.label), textElement("about", film.about), textElement("name", film.name))
    if (film.note) button.append(textElement("note", film.note))
    button.onclick = () => setTriggerValue("opened", film.path)
    item.append(button)
    if (data.choose) item.append(chooser(film, chosen, setStateValue))
    return item
  }))
}

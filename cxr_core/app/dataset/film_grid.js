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

function draw({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".films")
  grid.style.setProperty("--columns", data.columns)
  grid.replaceChildren(...data.films.map(film => {
    const item = document.createElement("div")
    item.setAttribute("role", "listitem")
    const button = document.createElement("button")
    button.type = "button"
    button.className = "film " + (["NORMAL", "PNEUMONIA"].includes(film.label) ? film.label : "other")
    button.title = film.name
    button.setAttribute("aria-label", "Open " + film.name)
    button.append(picture(film), textElement("label", film.label), textElement("about", film.about), textElement("name", film.name))
    button.onclick = () => setTriggerValue("opened", film.path)
    item.append(button)
    return item
  }))
}

// Asks for the answer to a film at the moment when it is dropped or chosen, alone, hands it to the viewer, and says when
// it is drawn; see first_film.py. Any failure is left to the page, which answers the same film after its upload.
let asking = null

async function ask(path) {
  asking?.abort()
  asking = new AbortController()
  try {
    const response = await fetch(path, { signal: asking.signal })
    if (response.status === 200) document.dispatchEvent(new CustomEvent("cxr-first", { detail: await response.json() }))
  } catch (error) {
    if (error.name !== "AbortError") console.debug(error)
  }
}

// Streamlit's own script for uploads, which its page would load with the first upload.
function preload(href) {
  const known = [...document.head.querySelectorAll("link")].some(link => link.getAttribute("href") === href)
  if (!known) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }))
}

function draw({ data }) {
  data.soon.forEach(preload)
  const drawn = () => fetch(data.path, { method: "POST" }).catch(console.debug)
  const chosen = event => {
    const { type, files } = event.target
    if (type === "file") files.length === 1 ? ask(data.path) : asking?.abort()
  }
  const dropped = event => {
    const items = [...event.dataTransfer.items].filter(item => item.kind === "file")
    if (items.length === 1 && items[0].webkitGetAsEntry()?.isFile) ask(data.path)
    else asking?.abort()
  }
  document.addEventListener("change", chosen, true)
  document.addEventListener("drop", dropped, true)
  document.addEventListener("cxr-first-drawn", drawn)
  return () => {
    document.removeEventListener("change", chosen, true)
    document.removeEventListener("drop", dropped, true)
    document.removeEventListener("cxr-first-drawn", drawn)
  }
}

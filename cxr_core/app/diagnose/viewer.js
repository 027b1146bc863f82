// One viewer for each element. Its settings outlast the server's script runs: the heatmap's opacity for all films; zoom,
// window, orientation and ruler until another film is shown.
const viewers = new WeakMap()
const heat = { opacity: 0.5, shown: 0.5 } // for all films; `shown` is the opacity that H restores
const MAX_ZOOM = 8
const STEPS = 1000 // of the sliders of window and level
const PRESETS = ["own", "lung", "bone", "mediastinum"]
const FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable=false]), [role=textbox], [role=combobox]"

class Viewer {
  constructor(root) {
    const one = name => root.querySelector("." + name)
    this.root = one("viewer")
    this.view = { zoom: 1, x: 0, y: 0 }
    this.main = new Pane(one("film"), this.view)
    this.second = new Pane(one("second"), this.view)
    this.active = this.main
    this.inputs = { opacity: one("opacity"), window: one("window"), level: one("level") }
    this.parts = { readout: one("readout"), strip: one("strip"), names: [...root.querySelectorAll(".name")] }
    this.heatControls = [one("heat"), one("legend")]
    this.besideControls = [...root.querySelectorAll(".beside, .other")]
    this.pointers = new Map()
    this.step = new Step(this)
    this.actions = {
      "+": () => this.zoomBy(1.25), "=": () => this.zoomBy(1.25), "-": () => this.zoomBy(0.8),
      0: () => this.reset(), f: () => this.fullScreen(),
      h: () => this.setOpacity(heat.opacity ? 0 : heat.shown),
      i: () => this.change(film => (film.inverted = !film.inverted)),
      r: () => this.change(film => (film.turns = (film.turns + 1) % 4)),
      x: () => this.change(film => (film.mirrored = !film.mirrored)),
      m: () => this.change(film => (film.ruler = film.ruler ? null : [[0.35, 0.5], [0.65, 0.5]])),
      b: () => this.ask("beside", "toggle"), B: () => this.ask("beside", "next"),
      "[": () => this.shift(-0.05, 0), "]": () => this.shift(0.05, 0),
      ",": () => this.shift(0, -0.025), ".": () => this.shift(0, 0.025),
      ...Object.fromEntries(PRESETS.map((name, i) => [i + 1, () => this.usePreset(name)])),
    }
    this.inputs.opacity.value = heat.opacity * 100
    this.listen(root)
  }

  listen(root) {
    const { inputs } = this
    inputs.opacity.oninput = () => this.setOpacity(inputs.opacity.value / 100)
    inputs.window.oninput = inputs.level.oninput = () => {
      const [width, level] = [inputs.window, inputs.level].map(input => input.value / STEPS)
      this.withValues(film => film.setWindow(...[-0.5, 0.5].map(half => (level + half * width) * film.range)))
    }
    for (const button of root.querySelectorAll("[data-key]")) button.onclick = () => this.actions[button.dataset.key]()
    for (const pane of [this.main, this.second]) this.listenTo(pane)
    this.onKey = event => this.key(event)
    document.addEventListener("keydown", this.onKey)
    this.resized = new ResizeObserver(() => this.draw())
    this.resized.observe(this.main.canvas)
    this.marked = new MutationObserver(() => this.veil())
    this.marked.observe(document.body, { childList: true, subtree: true })
  }

  listenTo(pane) {
    const { canvas } = pane
    canvas.onfocus = () => this.activate(pane)
    canvas.onkeydown = event => this.arrow(event)
    canvas.ondblclick = event => (this.view.zoom > 1 ? this.fit() : this.zoomBy(2, event.offsetX, event.offsetY))
    canvas.onwheel = event => {
      if (!canvas.matches(":focus") && !event.ctrlKey) return // so that the wheel scrolls the page past the film
      event.preventDefault()
      this.zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.offsetX, event.offsetY)
    }
    canvas.onpointerdown = event => {
      this.activate(pane)
      this.hold()
      canvas.setPointerCapture(event.pointerId)
      this.pointers.set(event.pointerId, event)
      const { film } = pane
      if (film?.ruler && pane.transform) this.change(() => (film.ruler = [0, 0].map(() => pane.onFilm(event.offsetX, event.offsetY))))
    }
    canvas.onpointerup = canvas.onpointercancel = event => this.pointers.delete(event.pointerId)
    canvas.onpointermove = event => this.drag(event, pane)
  }

  stop() {
    document.removeEventListener("keydown", this.onKey)
    this.resized.disconnect()
    this.marked.disconnect()
    this.step.stop()
  }

  show(data, ask) {
    this.ask = (name, value) => ask(name, value)
    this.step.answered(data)
    if (data.film) this.display(data)
    else this.clear(data)
  }

  // No film yet: the first one, with its banner, comes from first_film.js. Nothing of the patient before stays.
  clear(data) {
    this.data = data
    bitmaps.clear()
    for (const pane of [this.main, this.second]) pane.clear()
    for (const part of [...this.parts.names, this.parts.strip, this.parts.readout]) part.textContent = ""
  }

  display(data) {
    this.data = data
    words = data.words
    if (this.main.film?.key !== data.film) this.fit()
    const changed = () => this.draw()
    this.main.show(data, changed)
    if (data.beside) this.second.show(data.beside, changed)
    else if (this.active === this.second) this.active = this.main
    this.root.classList.toggle("two", Boolean(data.beside))
    for (const element of this.heatControls) element.hidden = !this.main.heat
    for (const element of this.besideControls) element.hidden = !data.others
    this.parts.names[0].textContent = data.name
    this.parts.names[1].textContent = data.beside ? data.beside.alt : ""
    const { sign, word, verdict, position } = data.strip
    this.parts.strip.className = `strip ${verdict}`
    this.parts.strip.textContent = `${sign} ${word} · ${data.name} · ${position}`
    this.draw()
  }

  // Hides the film while the banner above it is another film's: the server sends the banner and the film one after the
  // other.
  veil() {
    const mark = document.querySelector(MARK)?.dataset.onScreen
    const veiled = mark !== undefined && mark !== this.data?.film
    this.root.classList.toggle("veiled", veiled)
    if (veiled) delete this.main.canvas.dataset.film
    return veiled
  }

  draw() {
    if (this.veil()) return
    this.main.draw(heat.opacity)
    if (this.data?.beside) this.second.draw(0)
    const film = this.active.film
    if (!film) return
    const [low, high] = film.shown
    this.inputs.window.value = Math.round((STEPS * (high - low)) / film.range)
    this.inputs.level.value = Math.round((STEPS * (low + high)) / 2 / film.range)
    const pressed = { i: film.inverted, x: film.mirrored, m: film.ruler, b: this.data.beside }
    PRESETS.forEach((name, i) => (pressed[i + 1] = film.preset === name))
    for (const [key, on] of Object.entries(pressed))
      this.root.querySelector(`[data-key="${key}"]`).setAttribute("aria-pressed", String(Boolean(on)))
    const zoom = this.view.zoom > 1 ? [`${oneDecimal(this.view.zoom)} x`] : []
    this.parts.readout.textContent = [...zoom, ...film.state()].join(" · ")
    for (const { canvas } of [this.main, this.second]) canvas.classList.toggle("zoomed", this.view.zoom > 1 || Boolean(film.ruler))
  }

  activate(pane) {
    this.active = pane
    this.draw()
  }

  // The reader works with this film: the server must not go to another one while it reads more.
  hold() {
    if (this.data.moving) this.ask("held", true)
    this.data.moving = false
  }

  change(action) {
    action(this.active.film)
    this.draw()
  }

  // Does something with the film's values, which the server sends when they are first needed.
  withValues(action) {
    const { film } = this.active
    if (film.values) return action(film)
    if (!film.waiting.length) this.ask("wanted", film.key)
    film.waiting.push(() => action(film))
    this.draw()
  }

  usePreset(name) {
    this.withValues(film => film.setWindow(...film.values.presets[name], name))
  }

  // Changes window width and level by parts of the range.
  shift(width, level) {
    this.withValues(film => {
      const [low, high] = film.shown
      film.setWindow(low + (level - width / 2) * film.range, high + (level + width / 2) * film.range)
    })
  }

  fit() {
    Object.assign(this.view, { zoom: 1, x: 0, y: 0 })
    this.draw()
  }

  reset() {
    this.active.film.reset()
    this.fit()
  }

  setOpacity(opacity) {
    heat.opacity = opacity
    if (opacity) heat.shown = opacity
    this.inputs.opacity.value = Math.round(opacity * 100)
    this.draw()
  }

  // Zooms about a point of the canvas, which keeps its position; the centre if none is given.
  zoomBy(factor, x = this.main.canvas.clientWidth / 2, y = this.main.canvas.clientHeight / 2) {
    const { view } = this
    const zoom = Math.min(MAX_ZOOM, Math.max(1, view.zoom * factor))
    const [fromX, fromY] = [x - this.main.canvas.clientWidth / 2, y - this.main.canvas.clientHeight / 2]
    view.x = fromX - (fromX - view.x) * (zoom / view.zoom)
    view.y = fromY - (fromY - view.y) * (zoom / view.zoom)
    view.zoom = zoom
    this.draw()
  }

  drag(event, pane) {
    const before = this.pointers.get(event.pointerId)
    if (!before || !pane.transform) return
    const others = [...this.pointers.values()].filter(other => other.pointerId !== event.pointerId)
    this.pointers.set(event.pointerId, event)
    const [dx, dy] = [event.offsetX - before.offsetX, event.offsetY - before.offsetY]
    if (others.length) {
      const apart = from => Math.hypot(from.offsetX - others[0].offsetX, from.offsetY - others[0].offsetY)
      this.zoomBy(apart(event) / Math.max(1, apart(before)), others[0].offsetX, others[0].offsetY)
    } else if (pane.film.ruler) {
      this.change(film => (film.ruler[1] = pane.onFilm(event.offsetX, event.offsetY)))
    } else if (event.shiftKey) {
      this.shift(dx / 400, dy / 400)
    } else if (this.view.zoom > 1) {
      this.view.x += dx
      this.view.y += dy
      this.draw()
    }
  }

  // The arrows move the end of the ruler, with Shift its start; or a zoomed film.
  arrow(event) {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? []
    const { film } = this.active
    if (x === undefined || !(film?.ruler || this.view.zoom > 1)) return
    event.preventDefault()
    if (film.ruler) {
      const end = event.shiftKey ? 0 : 1
      const [fromX, fromY] = this.active.onScreen(film.ruler[end])
      film.ruler[end] = this.active.onFilm(fromX + 4 * x, fromY + 4 * y)
    } else {
      this.view.x -= 40 * x
      this.view.y -= 40 * y
    }
    this.draw()
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen()
    else this.root.requestFullscreen?.()
  }

  key(event) {
    const field = event.composedPath()[0]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (field.isContentEditable || (field.matches?.(FIELDS) && !this.root.contains(field))) return
    const action = this.actions[event.key] ?? this.actions[event.key.toLowerCase()]
    if (!action && !event.shiftKey) this.step.take(event.key.toLowerCase())
    if (!action || !this.active.film) return
    event.preventDefault()
    this.hold()
    action()
  }
}

function draw({ data, parentElement, setTriggerValue }) {
  let viewer = viewers.get(parentElement)
  if (!viewer) viewers.set(parentElement, (viewer = new Viewer(parentElement)))
  viewer.show(data, setTriggerValue)
  return () => {
    viewer.stop()
    viewers.delete(parentElement)
  }
}

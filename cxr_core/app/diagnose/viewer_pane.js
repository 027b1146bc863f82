// A canvas that draws one film: its grey values, heatmap and ruler. Zoom and position are shared by all panes.
const INFERNO = [[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164]]

class Pane {
  constructor(canvas, view) {
    this.canvas = canvas
    this.view = view
  }

  show(data, changed) {
    this.canvas.setAttribute("aria-label", data.alt)
    if (this.film?.key === data.film) this.film.update(data)
    else this.film = new Film(data, changed)
    this.heat = data.heat ? colours(data.heat) : null
    this.outline = data.heat?.outline ?? []
  }

  clear() {
    this.film = this.heat = null
    this.canvas.width = 0
    this.canvas.removeAttribute("aria-label")
    delete this.canvas.dataset.film
  }

  draw(opacity) {
    const { canvas, film, view } = this
    const density = window.devicePixelRatio || 1
    const [width, height] = [canvas.clientWidth, canvas.clientHeight]
    if (!film || !width) return
    canvas.width = width * density
    canvas.height = height * density
    const context = canvas.getContext("2d")
    context.scale(density, density)
    const image = film.image()
    if (!image) {
      context.fillStyle = "#b4bfca"
      context.fillText(say("loading", { file: film.name }), 12, height / 2)
      delete canvas.dataset.film
      return
    }
    const [across, down] = film.turns % 2 ? [film.height, film.width] : [film.width, film.height]
    const fit = Math.min(width / across, height / down) * view.zoom
    const room = (size, space) => Math.max(0, (size - space) / 2)
    view.x = clamp(view.x, room(across * fit, width))
    view.y = clamp(view.y, room(down * fit, height))
    this.transform = new DOMMatrix()
      .translateSelf(width / 2 + view.x, height / 2 + view.y)
      .rotateSelf(film.turns * 90)
      .scaleSelf((film.mirrored ? -1 : 1) * fit, fit)
      .translateSelf(-film.width / 2, -film.height / 2)
    context.imageSmoothingQuality = "high"
    context.save()
    const { a, b, c, d, e, f } = this.transform
    context.transform(a, b, c, d, e, f)
    const box = [0, 0, film.width, film.height]
    context.drawImage(image, ...box)
    if (film.inverted) {
      context.globalCompositeOperation = "difference"
      context.fillStyle = "white"
      context.fillRect(...box)
      context.globalCompositeOperation = "source-over"
    }
    if (this.heat && opacity) {
      context.globalAlpha = opacity
      context.drawImage(this.heat, ...box)
      context.globalAlpha = 1
    }
    context.restore()
    if (this.heat && opacity) for (const line of this.outline) this.stroke(context, line, "#ffd23f", true)
    if (film.ruler) {
      this.stroke(context, film.ruler, "#7dffb0", false)
      const [x, y] = this.onScreen(film.ruler[1])
      label(context, film.length(), x + 8, y - 8)
    }
    canvas.dataset.film = film.key // the film that is drawn, for tests and screen capture
  }

  onScreen([x, y]) {
    const point = this.transform.transformPoint(new DOMPoint(x * this.film.width, y * this.film.height))
    return [point.x, point.y]
  }

  // A point of the canvas as parts of the film's sides.
  onFilm(x, y) {
    const point = this.transform.inverse().transformPoint(new DOMPoint(x, y))
    return [clamp01(point.x / this.film.width), clamp01(point.y / this.film.height)]
  }

  // A line, in parts of the film's sides, dark under light so that it shows on any grey.
  stroke(context, line, colour, closed) {
    context.beginPath()
    line.forEach((point, i) => context[i ? "lineTo" : "moveTo"](...this.onScreen(point)))
    if (closed) context.closePath()
    for (const [style, width] of [["black", 3], [colour, 1.5]]) {
      context.strokeStyle = style
      context.lineWidth = width
      context.stroke()
    }
  }
}

function clamp(value, most) {
  return Math.min(most, Math.max(-most, value))
}

function clamp01(value) {
  return Math.min(1, Math.max(0, value))
}

function label(context, text, x, y) {
  context.font = "600 15px sans-serif"
  context.lineWidth = 3
  context.strokeStyle = "black"
  context.strokeText(text, x, y)
  context.fillStyle = "#7dffb0"
  context.fillText(text, x, y)
}

// The heatmap as a small image, transparent where it is low; the browser smooths it when it is enlarged.
function colours({ width, height, values }) {
  const map = Uint8Array.from(atob(values), letter => letter.charCodeAt(0))
  const canvas = canvasOf(width, height)
  const context = canvas.getContext("2d")
  const picture = context.createImageData(width, height)
  map.forEach((value, i) => {
    const place = (value / 255) * (INFERNO.length - 1)
    const [from, to] = [INFERNO[Math.floor(place)], INFERNO[Math.ceil(place)]]
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = from[c] + (to[c] - from[c]) * (place % 1)
    picture.data[4 * i + 3] = value
  })
  context.putImageData(picture, 0, 0)
  return canvas
}


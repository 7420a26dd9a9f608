/** Parts of long lists that are drawn again only when something about them is new. */
import { Component, type ComponentChildren, createElement } from 'preact'

/** The same view, left alone while each of its props is what it was, or a list of the same things. */
export function steady<Props extends object>(View: (props: Props) => ComponentChildren) {
  // Not by keeping elements: a kept element keeps the tree that it was first part of, and with it every tree since.
  return class Steady extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const now: Props = this.props
      return Object.keys(next).some((key) => !isSame(next[key as keyof Props], now[key as keyof Props]))
    }

    override render() {
      return createElement(View as () => null, this.props)
    }
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, i) => each === b[i])
}

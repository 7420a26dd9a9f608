/** Parts of long lists that are drawn again only when something about them is new. */
import { Component, type ComponentChildren, createElement } from 'preact'

/** The same view, left alone while each of its props is the same as it was. */
export function steady<Props extends object>(
  View: (props: Props) => ComponentChildren,
  isSame: (a: unknown, b: unknown) => boolean = Object.is,
) {
  // Not by keeping elements: a kept element keeps the tree that it was first part of, and with it every tree since.
  return class Steady extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      for (const key in next) if (!isSame(next[key], (this.props as Props)[key])) return true
      return false
    }

    override render() {
      return createElement(View as () => null, this.props)
    }
  }
}

// Every visible text whose contrast with what is behind it is under WCAG AA's 4.5 to 1, with that ratio.
() => {
  const rgba = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return numbers.length < 4 ? [...numbers, 1] : numbers;
  };
  const over = (front, back) => front.slice(0, 3).map((value, i) => value * front[3] + back[i] * (1 - front[3]));
  const ground = (element) => element
    ? over(rgba(getComputedStyle(element).backgroundColor), ground(element.parentElement)) : [255, 255, 255];
  const light = (colour) => colour
    .map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (element) => {
    const back = ground(element);
    const [dark, bright] = [light(over(rgba(getComputedStyle(element).color), back)), light(back)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const counts = (node) => node.textContent.trim()
    && node.parentElement.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && node.parentElement.getBoundingClientRect().width > 1
    && !node.parentElement.closest("[disabled], script, style");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pale = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (counts(node) && ratio(node.parentElement) < 4.5) {
      pale.push(`${node.textContent.trim()}: ${ratio(node.parentElement).toFixed(2)}`);
    }
  }
  return pale;
}

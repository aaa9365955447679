/** Bars as an SVG that reads well on light and dark: what each wrapper adds to a call, on a logarithmic scale. */

/** @param rows label and microseconds @returns {string} */
export function chart(title, rows) {
  const width = 720;
  const left = 230;
  const step = 26;
  const most = Math.max(...rows.map(([, value]) => value));
  const least = Math.min(...rows.map(([, value]) => value)) / 2;
  const scale = (value) => ((width - left - 90) * Math.log(value / least)) / Math.log(most / least);
  const height = 50 + rows.length * step;
  const bars = rows.map(([label, value], at) => {
    const y = 38 + at * step;
    const ours = label.startsWith("interpose");
    const length = scale(value).toFixed(1);
    return [
      `  <text x="${left - 8}" y="${y + 13}" text-anchor="end">${escaped(label)}</text>`,
      `  <rect x="${left}" y="${y}" width="${length}" height="18" rx="2" class="${ours ? "ours" : "other"}"/>`,
      `  <text x="${left + Number(length) + 6}" y="${y + 13}">${Math.round(value)} µs</text>`,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
  <style>
    text { font: 13px system-ui, sans-serif; fill: #57606a }
    .title { font-weight: 600 }
    .ours { fill: #2da44e }
    .other { fill: #8c959f }
  </style>
  <text x="${left}" y="20" class="title">${escaped(title)}</text>
${bars.join("\n")}
</svg>
`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

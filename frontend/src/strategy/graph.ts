export const LAYERS = ["objective", "lever", "requirement", "subject"] as const;
export type Layer = (typeof LAYERS)[number];

export interface MapNode {
  id: string;
  layer: Layer;
  label: string;
  status?: "held" | "risk" | "late" | "neutral";
  value?: string;
  target?: string;
  note?: string;
  href?: string;
}

export interface MapLink {
  source: string;
  target: string;
  strength?: number;
  sign?: number;
}

/** Everything above and below a node, and the links on the way: the line of sight in both directions. */
export function lineOfSight(id: string, links: readonly MapLink[]): { nodes: Set<string>; links: Set<MapLink> } {
  const nodes = new Set([id]);
  const found = new Set<MapLink>();
  for (const [from, to] of [["source", "target"], ["target", "source"]] as const) {
    const open = [id];
    const seen = new Set(open);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const link of links) {
        if (link[from] !== at) continue;
        found.add(link);
        nodes.add(link[to]);
        if (!seen.has(link[to])) open.push(link[to]);
        seen.add(link[to]);
      }
    }
  }
  return { nodes, links: found };
}

/**
 * The nodes of each layer, ordered so that few links cross: the barycentre method, swept down and up.
 *
 * A heuristic; four sweeps over a strategy of a hundred elements take under a millisecond.
 */
export function arrange(nodes: readonly MapNode[], links: readonly MapLink[]): MapNode[][] {
  const layers = LAYERS.map((layer) => nodes.filter((node) => node.layer === layer));
  for (let sweep = 0; sweep < 4; sweep++) {
    const order = sweep % 2 === 0 ? [1, 2, 3] : [2, 1, 0];
    for (const k of order) {
      const beside = layers[sweep % 2 === 0 ? k - 1 : k + 1] as MapNode[];
      const place = new Map(beside.map((node, at) => [node.id, at]));
      const centre = (node: MapNode, own: number): number => {
        const near = links
          .filter((link) => link.source === node.id || link.target === node.id)
          .map((link) => place.get(link.source === node.id ? link.target : link.source))
          .filter((at): at is number => at !== undefined);
        return near.length ? near.reduce((sum, at) => sum + at, 0) / near.length : own;
      };
      const weighed = (layers[k] as MapNode[]).map((node, own) => ({ node, own, at: centre(node, own) }));
      layers[k] = weighed.sort((a, b) => a.at - b.at || a.own - b.own).map(({ node }) => node);
    }
  }
  return layers;
}

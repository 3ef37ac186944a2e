import { islands, source } from "./dom";
import { StrategyMap, type MapData } from "./strategy/map";

islands("strategy_map", (element) => {
  const data = source<MapData>(element);
  if (data?.nodes.length) new StrategyMap(element, data);
});

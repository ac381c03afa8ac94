// A small story that several tests tell: two nodes, three pods, of which one finds no room. Values.
#pragma once

#include "tests/support/world.h"

namespace bw::replay {

// n1 (1000) and n2 (500); a (600M) is bound to n1, b (700M/100M) fits nowhere, c (200M) is bound to n2 by others.
inline World small_story() {
  World world;
  world.node("n1", 1000);
  world.node("n2", 500);
  world.pod("a", "600M");
  world.filter("a");
  world.prioritize("a", {"n1"});
  world.run("a", "n1");
  world.pod("b", "700M/100M");
  world.filter("b");
  world.pod("c", "200M");
  world.place("c", "n2");
  return world;
}

}  // namespace bw::replay

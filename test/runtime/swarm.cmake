mosaic_test(runtime_swarm
  SOURCES swarm_decoding_test.cpp
  LIBS mosaic_runtime)

# On a real Swarm of one node, which lives as long as the test and has room for 32 networks.
mosaic_test(runtime_swarm_conformance
  SOURCES swarm_conformance_test.cpp swarm_link_test.cpp swarm_kind_test.cpp swarm_networks_test.cpp swarm_fixture.cpp engine_hand.cpp
  LIBS mosaic_runtime mosaic_fakes nlohmann_json::nlohmann_json
  LABELS engine swarm
  TIMEOUT 300
  WITHIN ${CMAKE_COMMAND} -E env MOSAIC_SWARM_POOL=10.201.0.0/22:27 "${CMAKE_SOURCE_DIR}/environment/swarm-lab" run 1 --
  SERIAL)

# Kills and parts nodes of a Swarm of three: minutes, and a machine that has the time; see the file's first line.
mosaic_test(runtime_swarm_nodes
  SOURCES swarm_nodes_test.cpp swarm_linked_conformance_test.cpp swarm_fixture.cpp engine_hand.cpp
  LIBS mosaic_runtime mosaic_fakes nlohmann_json::nlohmann_json
  BY_HAND)

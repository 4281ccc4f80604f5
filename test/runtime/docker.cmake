file(GLOB docker_unit_tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/docker_*_test.cpp")
list(FILTER docker_unit_tests EXCLUDE REGEX "docker_engine_.*_test\\.cpp$")
mosaic_test(runtime_docker
  SOURCES ${docker_unit_tests} docker_test_server.cpp
  LIBS mosaic_runtime mosaic_fakes nlohmann_json::nlohmann_json OpenSSL::SSL OpenSSL::Crypto
  TIMEOUT 60)

# On the real engine of MOSAIC_TEST_ENGINE.
mosaic_test(runtime_docker_engine
  SOURCES docker_engine_conformance_test.cpp docker_engine_driver_test.cpp docker_engine_state_test.cpp docker_engine_fixture.cpp
          engine_hand.cpp
  LIBS mosaic_runtime mosaic_fakes nlohmann_json::nlohmann_json
  LABELS engine
  TIMEOUT 300
  SERIAL)

# Kills that engine and starts it again.
mosaic_test(runtime_docker_restart
  SOURCES docker_engine_restart_test.cpp docker_engine_fixture.cpp engine_hand.cpp
  LIBS mosaic_runtime mosaic_fakes nlohmann_json::nlohmann_json
  LABELS engine
  TIMEOUT 120
  SERIAL)

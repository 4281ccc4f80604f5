mosaic_test(runtime_probe
  SOURCES probe_schedule_test.cpp probe_monitor_test.cpp probe_http_server.cpp
  LIBS mosaic_runtime mosaic_fakes)

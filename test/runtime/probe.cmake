mosaic_test(runtime_probe
  SOURCES probe_schedule_test.cpp probe_monitor_test.cpp probe_http_server.cpp
  LIBS mosaic_runtime mosaic_fakes)
mosaic_test(runtime_boot
  SOURCES boot_script_test.cpp probe_http_server.cpp
  LIBS mosaic_runtime)
mosaic_test(runtime_firewall
  SOURCES firewall_child_process_test.cpp firewall_rules_test.cpp firewall_host_test.cpp firewall_network.cpp
  LIBS mosaic_runtime)
mosaic_test(runtime_hibernation
  SOURCES hibernation_cgroup_test.cpp hibernation_reclaimer_test.cpp
  LIBS mosaic_runtime)

# On the real engine of MOSAIC_TEST_ENGINE.
mosaic_test(runtime_firewall_engine
  SOURCES firewall_engine_test.cpp firewall_network.cpp probe_http_server.cpp
  LIBS mosaic_runtime mosaic_fakes
  LABELS engine
  TIMEOUT 300)

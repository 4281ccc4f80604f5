// One more in a gauge, for as long as it lives. The gauge outlives it. Thread-safe as the gauge is.
#pragma once

#include <prometheus/gauge.h>

namespace mosaic {

class HeldGauge {
 public:
  explicit HeldGauge(prometheus::Gauge& gauge) : gauge_(gauge) { gauge_.Increment(); }
  ~HeldGauge() { gauge_.Decrement(); }
  HeldGauge(const HeldGauge&) = delete;
  HeldGauge& operator=(const HeldGauge&) = delete;

 private:
  prometheus::Gauge& gauge_;
};

}  // namespace mosaic

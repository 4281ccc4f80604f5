#include "runtime/docker/engine_query.hpp"

#include <nlohmann/json.hpp>

#include "http/http_client.hpp"

namespace mosaic {

std::string engine_path(std::string_view before, std::string_view name, std::string_view after) {
  std::string path(before);
  path.append(percent_encode(name)).append(after);
  return path;
}

std::string engine_filters(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, values] : filters) object[name] = values;
  return "filters=" + percent_encode(object.dump());
}

std::string label_filter(std::string_view label, std::string_view value) {
  return std::string(label) + "=" + std::string(value);
}

std::pair<std::string, std::string> split_image(std::string_view image) {
  if (image.find('@') != std::string_view::npos) return {std::string(image), std::string()};
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon == std::string_view::npos) return {std::string(image), "latest"};
  return {std::string(image.substr(0, colon)), std::string(image.substr(colon + 1))};
}

}  // namespace mosaic

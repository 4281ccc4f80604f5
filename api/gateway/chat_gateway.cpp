#include "api/gateway/chat_gateway.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "agent_config/provider_entry.hpp"
#include "api/client_stream.hpp"
#include "api/exchange.hpp"
#include "api/gateway/chat_exchange.hpp"
#include "api/gateway/chat_request.hpp"
#include "api/gateway/openai_error.hpp"
#include "api/provider_input.hpp"
#include "api/standing_right.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using Json = nlohmann::ordered_json;

constexpr AccessRule chat_rule{Admission::signed_in, Scope::chat};

class ChatRoute final : public StreamHandler {
 public:
  ChatRoute(const ChatParts& parts, ChatSettings settings) : parts_(parts), settings_(settings) {}

  asio::awaitable<void> serve(Request& request, ClientStream& client) override {
    // Almost always both are known here and now.
    std::optional<Response> refusal;
    const auto ticket = parts_.rights.ticket();
    auto admitted = parts_.rights.gatekeeper().admit_remembered(request, chat_rule);
    if (!admitted) refusal = co_await ask_store(request, client, admitted);
    if (!refusal) {
      if (auto* turned_away = std::get_if<Response>(&*admitted)) refusal = std::move(*turned_away);
    }
    std::optional<ChatTurn> turn;
    if (!ChatTurns::has_key(request)) turn.emplace();
    if (!refusal && !turn)
      refusal = co_await begin_turn(request, client, std::get<Caller>(*admitted), turn);
    if (refusal) {
      const auto response = as_openai_error(*refusal);
      co_await client.respond(response);
      co_return;
    }
    auto read = read_chat_request(request);
    if (const auto* wrong = std::get_if<Response>(&read)) {
      co_await client.respond(*wrong);
      co_return;
    }
    // On its own: within, this coroutine's memory would be larger than what the C library has at hand.
    const auto& account = std::get<Caller>(*admitted).account;
    const StandingRight::Admitted right{request, chat_rule, account.id, ticket};
    const auto exchange =
        std::make_unique<ChatExchange>(parts_, settings_, right, client, account,
                                       std::move(std::get<ChatRequest>(read)), std::move(*turn));
    co_await exchange->run();
  }

 private:
  using Admitted = std::optional<std::variant<Caller, Response>>;

  asio::awaitable<std::optional<Response>> ask_store(const Request& request, ClientStream& client,
                                                     Admitted& admitted) {
    std::optional<Response> failure;
    const auto ask = [&] { admitted = parts_.rights.gatekeeper().admit(request, chat_rule); };
    auto task = [&] { failure = failure_of(ask, request, client.log()); };
    const bool ran = co_await client.on_worker(task);
    if (!ran) failure = busy_response();
    co_return failure;
  }

  asio::awaitable<std::optional<Response>> begin_turn(const Request& request, ClientStream& client,
                                                      const Caller& caller,
                                                      std::optional<ChatTurn>& turn) {
    std::optional<Response> refusal;
    const auto begin = [&] {
      auto begun = parts_.turns.begin(request, caller.account.id);
      if (auto* answer = std::get_if<Response>(&begun)) {
        refusal = std::move(*answer);
      } else {
        turn = std::move(std::get<ChatTurn>(begun));
      }
    };
    std::optional<Response> failure;
    auto task = [&] { failure = failure_of(begin, request, client.log()); };
    const bool ran = co_await client.on_worker(task);
    if (!ran) failure = busy_response();
    if (failure) refusal = std::move(failure);
    co_return refusal;
  }

  const ChatParts parts_;
  const ChatSettings settings_;
};

Json model_object(const std::string& id, std::string_view owner) {
  return {{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", owner}};
}

class ModelList {
 public:
  explicit ModelList(const ChatParts& parts) : parts_(parts) {}

  Response list(const Request& request) const {
    return guarded(request, [](const Json& models) {
      return json_response(Json{{"object", "list"}, {"data", models}});
    });
  }

  Response find(const Request& request) const {
    return guarded(request, [&](const Json& models) {
      const auto& id = request.parameters.at("model");
      for (const auto& model : models) {
        if (model["id"] == id) return json_response(model);
      }
      OpenAiError error;
      error.status = 404;
      error.message = "There is no such model; GET /v1/models lists them.";
      error.code = "model_not_found";
      error.param = "model";
      return openai_error(error);
    });
  }

 private:
  template <typename Answer>
  Response guarded(const Request& request, const Answer& answer) const {
    auto admitted = parts_.rights.gatekeeper().admit(request, chat_rule);
    if (auto* refusal = std::get_if<Response>(&admitted)) return std::move(*refusal);
    return answer(models_of(std::get<Caller>(admitted).account.id));
  }

  static Response json_response(const Json& body) {
    Response response(200, "application/json",
                      body.dump(-1, ' ', false, Json::error_handler_t::replace));
    response.set_field("Cache-Control", "no-store");
    return response;
  }

  // The agent itself, then what it can be asked to use, under the names that its gateway knows.
  Json models_of(const std::string& owner) const {
    auto models = Json::array({model_object("openclaw", "openclaw")});
    std::vector<ProviderRow> active;
    std::map<std::string, std::string> keys;
    for (auto& provider : parts_.settings.list_providers(owner)) {
      if (!provider.active) continue;
      if (auto key = plain_key(provider, parts_.secrets)) keys[provider.id] = std::move(*key);
      active.push_back(std::move(provider));
    }
    for (const auto& entry : make_provider_entries(active, keys)) {
      if (entry.problem) continue;
      for (const auto& model : entry.models)
        models.push_back(model_object(entry.key + "/" + model.id, entry.name));
    }
    return models;
  }

  const ChatParts parts_;
};

}  // namespace

void add_chat_routes(Router& router, const ChatParts& parts, ChatSettings settings) {
  router.set_error_form("/v1", as_openai_error);
  router.add_stream("POST", "/v1/chat/completions", std::make_shared<ChatRoute>(parts, settings));
  const auto models = std::make_shared<const ModelList>(parts);
  router.add("GET", "/v1/models",
             [models](const Request& request) { return models->list(request); });
  router.add("GET", "/v1/models/{model}",
             [models](const Request& request) { return models->find(request); });
}

}  // namespace mosaic

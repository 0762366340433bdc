#include <shearwater/io/summary.hpp>

#include <nlohmann/json.hpp>

#include <shearwater/io/provenance.hpp>

namespace shearwater {

namespace {

nlohmann::ordered_json to_json(const std::vector<Entry>& entries)
{
    auto json = nlohmann::ordered_json::object();
    for (const Entry& entry : entries) {
        json[entry.name] = std::visit(
            [](const auto& value) -> nlohmann::ordered_json {
                if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::vector<Entry>>)
                    return to_json(value);
                else
                    return value;
            },
            entry.value);
    }
    return json;
}

}  // namespace

std::string print(const Entries& entries)
{
    return to_json(entries.all()).dump(2) + "\n";
}

void add_provenance(Entries& entries)
{
    for (const auto& [name, version] : provenance()) entries.add(name, version);
}

}  // namespace shearwater

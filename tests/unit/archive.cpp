#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/error.hpp>

#include "support.hpp"

using namespace shearwater;

namespace {

struct Part {
    std::int32_t count = 0;
    std::vector<double> values;

    void visit(Archive& archive)
    {
        archive("count", count);
        archive("values", values);
    }
    [[nodiscard]] bool operator==(const Part&) const = default;
};

struct Whole {
    bool flag = false;
    std::array<float, 3> three{};
    std::optional<std::int64_t> maybe;
    std::vector<Part> parts;
    std::vector<bool> flags;
    std::string text;
    std::pair<int, std::vector<int>> pair;

    void visit(Archive& archive)
    {
        archive("flag", flag);
        archive("three", three);
        archive("maybe", maybe);
        archive("parts", parts);
        archive("flags", flags);
        archive("text", text);
        archive("pair", pair);
    }
    [[nodiscard]] bool operator==(const Whole&) const = default;
};

Whole example()
{
    return {
        true,          {1.5F, -0.0F, 3e38F}, -7, {{1, {0.1, std::numeric_limits<double>::denorm_min()}}, {2, {}}, {3, {1e300}}}, {true, false, true},
        "caf\xc3\xa9", {4, {5, 6}}};
}

std::vector<std::byte> written(Whole& whole)
{
    WritingArchive archive;
    archive("whole", whole);
    return archive.data();
}

}  // namespace

TEST_CASE("an archive gives back what was written to it, whatever the object was before", "[archive]")
{
    Whole original = example();
    const auto data = written(original);
    Whole other;
    other.parts.resize(7);
    other.maybe = 1;
    for (Whole copy : {Whole{}, other}) {
        ReadingArchive archive(data);
        archive("whole", copy);
        CHECK(archive.is_at_end());
        CHECK(copy == original);
        CHECK(written(copy) == data);
    }
}

TEST_CASE("an archive without its last byte is refused, by the name of what is missing", "[archive]")
{
    Whole original = example();
    auto data = written(original);
    data.pop_back();
    ReadingArchive archive(data);
    Whole copy;
    try {
        archive("whole", copy);
        FAIL("was read");
    } catch (const RunError& error) {
        CHECK(std::string(error.what()) == "the state of the run ends before whole/pair/second/elements: 1 bytes are missing");
    }
}

TEST_CASE("a list of an archive names every datum once, and its places are those of the bytes", "[archive]")
{
    Whole original = example();
    const auto data = written(original);
    ListingArchive list;
    list("whole", original);
    std::size_t place = 0;
    std::vector<std::string> paths;
    for (const ArchivedDatum& datum : list.data()) {
        CHECK(datum.begin == place);
        place += datum.bytes;
        paths.push_back(datum.path);
    }
    CHECK(place == data.size());
    const std::vector<std::string> first{"whole/flag",        "whole/three",      "whole/maybe/is_there",
                                         "whole/maybe/value", "whole/parts/size", "whole/parts/elements/0/count"};
    REQUIRE(paths.size() > first.size());
    CHECK(std::vector<std::string>(paths.begin(), paths.begin() + std::ssize(first)) == first);
    std::sort(paths.begin(), paths.end());
    CHECK(std::adjacent_find(paths.begin(), paths.end()) == paths.end());
}

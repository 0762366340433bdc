#include <array>
#include <fstream>
#include <iterator>

#include <shearwater/io/event_log.hpp>
#include <shearwater/kmc/fingerprint.hpp>

#include "program.hpp"
#include "support.hpp"

using namespace shearwater;

namespace {

/// Any event; a number makes it unlike others.
Event event(std::int64_t number)
{
    Event event;
    event.time = PreciseTime(1e-3 * static_cast<double>(number));
    event.voxel = number % 4096;
    event.mode = static_cast<int>(number % 20);
    event.barrier = 0.5 + 1e-6 * static_cast<double>(number);
    event.strain[0] = 1e-2 * static_cast<double>(number % 7);
    return event;
}

std::string bytes_of(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> files_in(const std::filesystem::path& folder)
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

TEST_CASE("files of the event log do not depend on when it was flushed", "[io]")
{
    const test::TemporaryFolder folder(test::world());
    constexpr auto per_file = static_cast<std::int64_t>(EventLog<2>::events_per_file);
    constexpr std::int64_t count = 2 * per_file + 1234;
    EventLog<2> once(folder.path() / "once", {});
    EventLog<2> often(folder.path() / "often", {}, std::chrono::seconds(0));
    for (std::int64_t i = 0; i < count; ++i) {
        once.add(std::array{event(i)}, {});
        often.add(std::array{event(i)}, {});
        if (i % 60'000 == 17) often.flush_if_due();
        if (i == per_file - 2 || i == per_file + 1) often.flush();
    }
    once.flush();
    often.flush();
    const std::vector<std::string> names{"events_000001.h5", "events_000002.h5", "events_000003.h5"};
    REQUIRE(files_in(folder.path() / "once") == names);
    REQUIRE(files_in(folder.path() / "often") == names);
    for (const auto& name : names) CHECK(bytes_of(folder.path() / "once" / name) == bytes_of(folder.path() / "often" / name));
    CHECK(bytes_of(folder.path() / "once" / names[0]).size() > bytes_of(folder.path() / "once" / names[2]).size());
}

TEST_CASE("events wait no longer than the patience of the log", "[io]")
{
    const test::TemporaryFolder folder(test::world());
    EventLog<2> patient(folder.path() / "patient", {});
    EventLog<2> eager(folder.path() / "eager", {}, std::chrono::seconds(0));
    for (auto* log : {&patient, &eager}) {
        log->flush_if_due();
        log->add(std::array{event(0)}, {});
        log->flush_if_due();
    }
    CHECK(files_in(folder.path() / "patient").empty());
    REQUIRE(files_in(folder.path() / "eager").size() == 1);
    const auto first = bytes_of(folder.path() / "eager" / "events_000001.h5");
    eager.add(std::array{event(1)}, {});
    eager.flush_if_due();
    CHECK(files_in(folder.path() / "eager").size() == 1);
    CHECK(bytes_of(folder.path() / "eager" / "events_000001.h5") != first);
}

TEST_CASE("the fingerprint of events is what it was", "[io]")
{
    Fingerprint fingerprint;
    CHECK(fingerprint.text() == "0000000000000000");
    fingerprint.add(event(1));
    fingerprint.add(event(2));
    const auto two = fingerprint.text();
    Fingerprint exchanged;
    exchanged.add(event(2));
    exchanged.add(event(1));
    CHECK(exchanged.text() != two);
    fingerprint.add(std::uint64_t{7});
    CHECK(fingerprint.text() == "2686c405b9e77355");
}

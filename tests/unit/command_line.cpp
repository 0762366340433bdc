#include <shearwater/io/command_line.hpp>

#include <shearwater/core/error.hpp>

#include "support.hpp"

using namespace shearwater;
using Catch::Matchers::Contains;
using Task = CommandLine::Task;

TEST_CASE("help and version are asked with one dash or two", "[command_line]")
{
    for (const std::string word : {"-h", "-help", "--help", "-?"}) CHECK(read_command_line({word}).task == Task::Help);
    for (const std::string word : {"-v", "-V", "-version", "--version"}) CHECK(read_command_line({word}).task == Task::Version);
    CHECK(read_command_line({"-help=stz"}).section == "stz");
    const auto line = read_command_line({"deck.cfg", "-ksp_monitor", "-h"});
    CHECK(line.task == Task::Help);
    CHECK(line.petsc_options == std::vector<std::string>{"-ksp_monitor"});
}

TEST_CASE("options of PETSc stay what they are", "[command_line]")
{
    const auto line = read_command_line({"deck.cfg", "-ksp_type", "cg", "-vec_view", "-ksp_rtol", "+1e-4", "-ksp_atol", "-1"});
    CHECK(line.petsc_options == std::vector<std::string>{"-ksp_type", "cg", "-vec_view", "-ksp_rtol", "+1e-4", "-ksp_atol", "-1"});
}

TEST_CASE("an option of the program with one dash, or with a dash that is none, is named", "[command_line]")
{
    CHECK_THROWS_WITH(read_command_line({"-check", "deck.cfg"}), Contains("write --check"));
    CHECK_THROWS_WITH(read_command_line({"deck.cfg", "-walltime=5"}), Contains("write --walltime=5"));
    CHECK_THROWS_WITH(read_command_line({"deck.cfg", "\xe2\x80\x94seed=7"}), Contains("em dash (U+2014)") && Contains("--key=value"));
    CHECK_THROWS_WITH(read_command_line({"deck.cfg", "-\xe2\x80\x93seed=7"}), Contains("en dash (U+2013)"));
    CHECK_THROWS_WITH(read_command_line({"\xe2\x80\x93h"}), Contains("en dash (U+2013)"));
    CHECK(read_command_line({"l\xc3\xa4ufe \xe2\x80\x93 neu.cfg"}).deck == "l\xc3\xa4ufe \xe2\x80\x93 neu.cfg");
}

TEST_CASE("the time limit is read in minutes", "[command_line]")
{
    CHECK(read_command_line({"deck.cfg"}).walltime_minutes == 0.0);
    CHECK(read_command_line({"deck.cfg", "--walltime=90"}).walltime_minutes == 90.0);
    CHECK(read_command_line({"deck.cfg", "--walltime=1:30:00"}).walltime_minutes == 90.0);
    CHECK(read_command_line({"deck.cfg", "--walltime=1-00:00:00"}).walltime_minutes == 1440.0);
    CHECK_THROWS_WITH(read_command_line({"deck.cfg", "--walltime=0:75:00"}), Contains("--walltime=0:75:00: ") && Contains("(command line)"));
    CHECK_THROWS_WITH(read_command_line({"deck.cfg", "--walltime=1:30:00\xc2\xa0"}), Contains("no-break space"));
    CHECK_THROWS_WITH(read_command_line({"deck.cfg", "--walltime=1:30:00", "--walltime=5"}), Contains("given twice"));
}

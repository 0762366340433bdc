#include <string>
#include <vector>

#include <shearwater/hdf5/handle.hpp>
#include <shearwater/parallel/session.hpp>
#include <shearwater/sim/run.hpp>

int main(int argc, char** argv)
{
    shearwater::start_hdf5();
    const shearwater::MpiSession session(argc, argv);
    return shearwater::run(session, std::vector<std::string>(argv + 1, argv + argc));
}

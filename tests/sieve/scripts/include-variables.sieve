require ["fileinto", "include", "variables"];
global ["box"];
set "box" "Default";
include "included-global";
fileinto "${box}";

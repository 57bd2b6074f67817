require ["fileinto", "variables"];
set "home" "Work";
set "list" "${home}/Lists";
if header :contains "List-Id" "tea" { fileinto "${list}/Tea"; }
elsif header :contains "Subject" "${home}" { fileinto "${HOME}"; }
elsif header :is "X" "${nothing}" { fileinto "Empty"; }

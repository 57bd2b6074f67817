require ["ihave"];
if not ihave "fileinto" { error "no fileinto"; }
if header :is "X" "y" { error "stop here"; }

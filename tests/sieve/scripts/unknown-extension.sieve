require ["fileinto", "vnd.example.magic"];
if magic :level 3 "wand" { fileinto "Magic"; }
conjure :loud "rabbit" { hat; }
if header :contains "Subject" "tea" { fileinto "Tea"; }

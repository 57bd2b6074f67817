require ["vacation", "vacation-seconds", "fileinto"];
vacation :days 7 :subject "away" :addresses ["ann@example.org"] :mime :handle "x" text:
I am away.
..
.
;
if header :contains "Subject" "tea" { fileinto "Tea"; }

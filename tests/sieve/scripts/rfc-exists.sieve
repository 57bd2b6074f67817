require "fileinto";
if not exists ["From", "Date"] { discard; stop; }
if exists "X-Loop" { fileinto "Loops"; }
